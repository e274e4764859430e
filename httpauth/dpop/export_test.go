package dpop

// Normalize is what htu and the URI of the request are compared by.
var Normalize = normalize
