package keys

// MLDSAInModule is whether ML-DSA comes from Go itself.
const MLDSAInModule = mldsaInModule
