package dpop

// Normalize returns the form in which htu and the URI of the request are
// compared.
var Normalize = normalize
