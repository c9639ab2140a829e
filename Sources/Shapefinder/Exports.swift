// One import for users of the library: the vocabulary, the catalog, the model and its advice. The step program, the
// store, the compiler and the kernels are not part of it.
@_exported import Catalog
@_exported import Estimation
@_exported import Selection
@_exported import VisionTransformer
