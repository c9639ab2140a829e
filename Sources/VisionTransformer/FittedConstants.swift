import Synchronization

/// The constants that theory leaves open in the model of a TPU, fitted to what its compiler reported. The device's file
/// under `shapes/calibrations` holds each with the evidence it was fitted to and its residual. Here they are plain
/// numbers, because millions of estimates read them.
///
/// Equal constants are stored once and never freed, so that a device or an estimate holds addresses and counts no
/// references. A fit, which tries thousands, frees them: `withTemporary`.
package struct FittedConstants: @unchecked Sendable, Hashable {
  /// Prices of work, in cycles a register (8 x 128 padded elements) unless stated otherwise.
  package struct Cycles: Sendable, BitwiseCopyable {
    /// Overhead of a matrix product, relative to fully used matrix units.
    package var product = 1.0
    /// Share of the bandwidth that streaming fusions reach.
    package var stream = 1.0
    /// A register of any element-wise, reducing or transposing loop of bfloat16.
    package var loop = 0.0
    /// How far a product's matrix and vector work hinder each other: 0 where the shorter is hidden, 1 where the time is the
    /// square root of the sum of their squares.
    package var partialOverlap = 0.0
    /// The factor on logits and softmax where they stay in vector memory.
    package var residentLogits = 1.0
    /// The factor on products with logits that are in vector memory.
    package var residentProducts = 1.0
    /// The factor on the gradient of logits where it stays in vector memory.
    package var residentGradient = 1.0
    /// The factor on products and element-wise work of a block whose residual stream stays in vector memory.
    package var residentStream = 1.0
    /// The factor on products with kernels that are not read ahead into vector memory.
    package var farKernels = 1.0
    /// Largest number of rows that a product processes in one pass.
    package var onePassRows = 0.0
    /// Reading a register of a float32 weight into a product: conversion and load.
    package var weightRead = 0.0
    /// `weightRead` where the product takes its rows in one pass.
    package var weightReadOnePass = 0.0
    /// Writing a register of a weight gradient.
    package var gradientWrite = 0.0
    /// `gradientWrite` where the product takes its rows in one pass.
    package var gradientWriteOnePass = 0.0
    /// Bytes of a width x width weight beyond which the rows are streamed twice.
    package var splitOutputBytes = 0.0
    /// The factor of time that streaming the rows twice takes.
    package var splitOutput = 1.0
    /// Bytes of an MLP weight beyond which a contraction over it needs partial sums.
    package var splitContractionBytes = 0.0
    /// Cost of these partial sums, a register of the hidden layer.
    package var splitContraction = 0.0
    /// First and last tile of a large fusion, which overlap with nothing.
    package var fill = 0.0
    /// Large fusions of a block.
    package var fusions = 0.0
    /// Small statistics of a block.
    package var statistics = 0.0
    /// Projections, a register of the larger of residual stream and result.
    package var projection = 0.0
    /// Weight gradients of projections, a register of the projection.
    package var projectionWeightGradient = 0.0
    /// `projectionWeightGradient` with the batch on lanes.
    package var projectionWeightGradientBatchOnLanes = 0.0
    /// Input gradient of a projection, a register of the residual stream.
    package var projectionInputGradient = 0.0
    /// The output projection, a register of the residual stream.
    package var outputProjection = 0.0
    /// Backward pass of the layer norm before the projections, a register of the residual stream.
    package var attentionNormGradient = 0.0
    /// Logits in bfloat16, a register of logits.
    package var logits = 0.0
    /// Logits in bfloat16, a register of a query.
    package var logitsQuery = 0.0
    /// Softmax in float32, a register of the logits; in bfloat16 it costs a `loop`.
    package var exponentialFloat32 = 0.0
    /// Attention weights times values, a register of bfloat16 logits.
    package var attentionValue = 0.0
    /// Attention weights times values, a register of a query.
    package var attentionValueQuery = 0.0
    /// Gradient of the logits in bfloat16, a register of logits.
    package var logitsGradient = 0.0
    /// Gradient of the logits in bfloat16, a register of a query.
    package var logitsGradientQuery = 0.0
    /// Backward softmax whose result is written, a register of the logits.
    package var writtenLogitsGradient = 0.0
    /// Backward softmax computed once each for queries and keys, a register of the logits and a byte of an element.
    package var fusedLogitsGradient = 0.0
    /// Backward softmax computed once each for queries and keys, a register of a query.
    package var fusedLogitsGradientQuery = 0.0
    /// The MLP's first product, a register of the hidden layer.
    package var mlpUp = 0.0
    /// The MLP's second product.
    package var mlpDown = 0.0
    /// Weight gradient of the MLP's second product.
    package var mlpDownWeightGradient = 0.0
    /// Weight gradient of the MLP's first product.
    package var mlpUpWeightGradient = 0.0
    /// Gradient of the hidden layer in bfloat16, a register of it.
    package var hiddenGradient = 0.0
    /// Gradient of the hidden layer in float32, a register of it.
    package var hiddenGradientFloat32 = 0.0
    /// Share of the weight that is read along with the gradient of the hidden layer.
    package var hiddenGradientWeightRead = 0.0
    /// Gradient of the MLP's input, a register of the hidden layer.
    package var mlpInputGradient = 0.0
    /// Layer norm and bias gradients of half a block in bfloat16, a register of the residual stream.
    package var elementwise = 0.0
    /// Share of the MLP's two products that full rematerialization runs again.
    package var recomputedProducts = 0.0
    /// Loops a register that a copy takes from batch on lanes to tokens on lanes.
    package var copyFromLanes = 0.0
    /// Loops a register that a copy takes from batch on lanes to heads on lanes.
    package var copyToHeads = 0.0
    /// Overhead of the patch embedding, relative to fully used matrix units.
    package var convolution = 1.0
    /// Share of the bandwidth that reading images reaches.
    package var imageStream = 1.0
    /// Bytes a cycle of casting images to bfloat16.
    package var imageCastRate = 1.0
    /// Transposing images so that patches can be read from lanes, a row of lanes.
    package var imageTurn = 0.0
    /// Transposing images so that patches can be read from lanes, an image.
    package var imageTurnPerImage = 0.0
    /// Layout of the patches, a pixel and row of lanes of the width.
    package var patchLayout = 0.0
    /// The factor on `patchLayout` with the batch on lanes.
    package var patchLayoutBatchOnLanes = 1.0
    /// Layout of the patches for the kernel gradient, a pixel of one image.
    package var kernelLayout = 0.0
    /// Reduction of `kernelLayout` with each image.
    package var kernelLayoutPerImage = 0.0
    /// The upper bound of the layout of patches for the kernel gradient.
    package var kernelLayoutMost = 0.0
    /// Number of images up to which the layout is that of one image.
    package var fewImages = 0.0
    /// Layout of patches for the kernel gradient up to `fewImages`, a pixel and row of lanes of the width.
    package var kernelLayoutFewImages = 0.0
    /// Backward pass of the positional embedding and the first norm, a register of the residual stream.
    package var positions = 0.0
    /// Layout of the positional embedding's gradient without a class token.
    package var positionsLayout = 0.0
    /// Layout of the positional embedding's gradient with a class token.
    package var positionsLayoutToken = 0.0
    /// Taking the class token, a register of the residual stream.
    package var poolToken = 0.0
    /// `poolToken` with the batch on sublanes.
    package var poolTokenBatchOnSublanes = 0.0
    /// The mean over tokens.
    package var poolGAP = 0.0
    /// A MAP head apart from its products, a register of the residual stream.
    package var poolMAP = 0.0
    /// A MAP head apart from its products, a register of a query.
    package var poolMAPQuery = 0.0
    /// Share of the bandwidth that reading the MAP head's weights reaches.
    package var poolMAPStream = 1.0
    /// Converting the MAP head's weights, a register of them.
    package var poolMAPWeights = 0.0
    /// Share of the bandwidth that reading the classifier reaches.
    package var classifierStream = 1.0
    /// Start and end of each of the classifier's products.
    package var classifierFill = 0.0
    /// Converting the classifier to bfloat16, a register of it.
    package var classifierWeights = 0.0
    /// Share of the bandwidth that computing the loss reaches.
    package var classifierLogitsStream = 1.0
    /// The update of one small vector.
    package var vectorUpdate = 0.0
    /// The update of one small vector with Adafactor.
    package var vectorUpdateAdafactor = 0.0
    /// Share of the bandwidth that an update reaches.
    package var updateStream = 1.0
    /// Start and end of an update.
    package var updateFill = 0.0
    /// One more pass over a bfloat16 gradient, for its norm or its factored moments, a register of it.
    package var updateSweep = 0.0
    /// The factor on `updateSweep` for a float32 gradient.
    package var updateSweepFloat32 = 1.0
  }

  /// The number of instructions in the optimized program.
  package struct Instructions: Sendable, BitwiseCopyable {
    /// Bytes that the compiler reserves for an instruction.
    package var bytes = 0.0
    /// The most bytes that the compiler reserves.
    package var mostBytes = 0.0
    /// Instructions a parameter, under each optimizer.
    package var sgd = 0.0
    /// Fitted to limits in the log, to 2 %.
    package var sgdMomentum = 0.0
    package var adam = 0.0
    package var adamHalf = 0.0
    package var adafactor = 0.0
    /// Additional instructions for each factored moment.
    package var adafactorFactored = 0.0
    /// Instructions once a step, under each optimizer.
    package var adamOnce = 0.0
    package var adamHalfOnce = 0.0
    package var adafactorOnce = 0.0
    /// Instructions of the head.
    package var tokenHead = 0.0
    package var gapHead = 0.0
    package var mapHead = 0.0
    /// Instructions that clipping adds, a parameter and once a step.
    package var clippedParameter = 0.0
    package var clippedOnce = 0.0
    /// Instructions of a block, apart from its parameters.
    package var block = 0.0
    /// `block` with float32 activations.
    package var blockFloat32 = 0.0
    /// Instructions of `rematerialization: full`, a block and once a step.
    package var recomputedBlock = 0.0
    package var recomputedOnce = 0.0
  }

  /// Gaps that the heap packer leaves between buffers.
  package struct Packing: Sendable, BitwiseCopyable {
    /// Gaps in units of one query tensor, counted twice, where 128 divides the tokens.
    package var gapsAligned = 0.0
    /// The same unit, where 128 does not divide the tokens.
    package var gapsUnaligned = 0.0
    /// The share of those gaps that logits fill, if the peak is in the backward of attention.
    package var gapsFilledByLogits = 0.0
    /// Gaps after rematerialization, as a share of the memory: on TPUv3 seen from 0.3 to 2.6 %.
    package var gapsRematerialized = 0.0
    /// The largest share that a verdict allows for.
    package var mostGapsRematerialized = 0.0
    /// What rematerialization frees beyond what it has to, in units of one block's hidden layer and logits.
    package var freedInExcess = 0.0
    /// The share of vector and common memory in which temporaries are kept at the peak, and take nothing of the device's memory.
    package var resident = 0.0
  }

  package let cycles: UnsafePointer<Cycles>
  package let instructions: UnsafePointer<Instructions>
  package let packing: UnsafePointer<Packing>

  private static let kept = Mutex<[[Double]: FittedConstants]>([:])

  /// Makes constants from `value`, which gives each by name, such as `cycles.product`. `neutral` is the value from
  /// theory alone: 1 for a factor or a share, 0 for a term that is added.
  package init<Failure: Error>(
    _ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double
  ) throws(Failure) {
    self.init(
      try Self.filled(.cycles, Cycles(), value), try Self.filled(.instructions, Instructions(), value),
      try Self.filled(.packing, Packing(), value))
  }

  private init(_ cycles: Cycles, _ instructions: Instructions, _ packing: Packing) {
    let values = Self.numbers(of: cycles) + Self.numbers(of: instructions) + Self.numbers(of: packing)
    self = Self.kept.withLock { kept in
      if let known = kept[values] { return known }
      let made = FittedConstants(
        cycles: Self.address(of: cycles), instructions: Self.address(of: instructions),
        packing: Self.address(of: packing))
      kept[values] = made
      return made
    }
  }

  private init(
    cycles: UnsafePointer<Cycles>, instructions: UnsafePointer<Instructions>, packing: UnsafePointer<Packing>
  ) {
    self.cycles = cycles
    self.instructions = instructions
    self.packing = packing
  }

  /// Calls `body` with constants of `values`, in the order of `names`, and frees them when it returns.
  ///
  /// - Parameter body: Lets nothing that holds the constants leave, such as a device.
  package static func withTemporary<Result>(
    _ values: [Double], _ body: (FittedConstants) throws -> Result
  ) rethrows -> Result {
    precondition(values.count == names.count, "there are \(names.count) constants")
    var place = 0
    func next<Numbers: BitwiseCopyable>(_: Numbers.Type) -> UnsafePointer<Numbers> {
      defer { place += MemoryLayout<Numbers>.size }
      return address(of: values.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Numbers.self) })
    }
    let made = FittedConstants(
      cycles: next(Cycles.self), instructions: next(Instructions.self), packing: next(Packing.self))
    defer {
      made.cycles.deallocate()
      made.instructions.deallocate()
      made.packing.deallocate()
    }
    return try body(made)
  }

  /// The values in the order of `names`.
  package var values: [Double] {
    Self.numbers(of: cycles.pointee) + Self.numbers(of: instructions.pointee) + Self.numbers(of: packing.pointee)
  }

  /// One group, filled from `value`. Names and neutral values come from the properties of `neutral`, so that they are
  /// spelt only once; all of its fields are numbers, in order.
  private static func filled<Numbers: BitwiseCopyable, Failure: Error>(
    _ group: ConstantGroup, _ neutral: Numbers, _ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double
  ) throws(Failure) -> Numbers {
    var numbers: [Double] = []
    for case (let label?, let number as Double) in Mirror(reflecting: neutral).children {
      numbers.append(try value(group.prefix + label, number))
    }
    precondition(numbers.count * MemoryLayout<Double>.stride == MemoryLayout<Numbers>.size, "\(group) has numbers only")
    return numbers.withUnsafeBytes { $0.loadUnaligned(as: Numbers.self) }
  }

  private static func numbers<Numbers: BitwiseCopyable>(of group: Numbers) -> [Double] {
    withUnsafeBytes(of: group) { Array($0.bindMemory(to: Double.self)) }
  }

  private static func address<Value>(of value: Value) -> UnsafePointer<Value> {
    let address = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    address.initialize(to: value)
    return UnsafePointer(address)
  }

  /// Theory alone: products at full speed, streams at full bandwidth, no other cost.
  package static let none = FittedConstants(Cycles(), Instructions(), Packing())

  /// The names of all constants.
  package static let names = {
    var names: [String] = []
    _ = FittedConstants { name, neutral in
      names.append(name)
      return neutral
    }
    return names
  }()
  package static let known = Set(names)
}
