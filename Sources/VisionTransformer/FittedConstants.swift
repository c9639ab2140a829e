import Synchronization

/// What theory leaves open of the model for a TPU: constants that were fitted to what its compiler said. Each stands in the device's
/// file under `shapes/calibrations`, with what it was fitted to and how far that is off; here they are plain numbers, for estimates
/// read them by the million.
///
/// Equal constants are kept once and never freed, so that a device or an estimate holds addresses and counts no references.
package struct FittedConstants: @unchecked Sendable, Hashable {
  /// Prices of work, in cycles a register of 8 x 128 padded elements where nothing else is said.
  package struct Cycles: Sendable, BitwiseCopyable {
    /// Overhead of a product over a full matrix unit a cycle.
    package var product = 1.0
    /// Share of the bandwidth that streaming fusions reach.
    package var stream = 1.0
    /// A register of any element-wise, reducing or transposing loop of bfloat16.
    package var loop = 0.0
    /// Rows up to which a product takes them in one pass.
    package var onePassRows = 0.0
    /// Reading a register of a float32 weight into a product: conversion and load.
    package var weightRead = 0.0
    /// The same where the rows pass in one go.
    package var weightReadOnePass = 0.0
    /// Writing a register of a weight gradient.
    package var gradientWrite = 0.0
    /// The same where the rows pass in one go.
    package var gradientWriteOnePass = 0.0
    /// Bytes of a width x width weight beyond which the rows are streamed twice.
    package var splitOutputBytes = 0.0
    /// What that takes, as a factor.
    package var splitOutput = 1.0
    /// Bytes of an MLP weight beyond which a contraction over it has partial sums.
    package var splitContractionBytes = 0.0
    /// What they take, a register of the hidden layer.
    package var splitContraction = 0.0
    /// First and last tile of a large fusion, which nothing overlaps.
    package var fill = 0.0
    /// Large fusions of a block.
    package var fusions = 0.0
    /// Small statistics of a block.
    package var statistics = 0.0
    /// Projections, a register of what is larger, residual stream or result.
    package var projection = 0.0
    /// Weight gradients of projections, a register of the projected.
    package var projectionWeightGradient = 0.0
    /// The same with the batch on lanes.
    package var projectionWeightGradientBatchOnLanes = 0.0
    /// Back through a projection, a register of the residual stream.
    package var projectionInputGradient = 0.0
    /// The output projection, a register of the residual stream.
    package var outputProjection = 0.0
    /// The layer norm behind the projections, backwards, a register of the residual stream.
    package var attentionNormGradient = 0.0
    /// Logits of bfloat16, a register of them.
    package var logits = 0.0
    /// And a register of a query.
    package var logitsQuery = 0.0
    /// Softmax of float32, a register of the logits; of bfloat16 it is a loop.
    package var exponentialFloat32 = 0.0
    /// Attention weights times values, a register of bfloat16 logits.
    package var attentionValue = 0.0
    /// And a register of a query.
    package var attentionValueQuery = 0.0
    /// Gradient of the logits in bfloat16, a register of them.
    package var logitsGradient = 0.0
    /// And a register of a query.
    package var logitsGradientQuery = 0.0
    /// Softmax backwards where its result is written, a register of the logits.
    package var writtenLogitsGradient = 0.0
    /// Where it is computed for queries and keys each, a register of the logits and a byte of an element.
    package var fusedLogitsGradient = 0.0
    /// And a register of a query.
    package var fusedLogitsGradientQuery = 0.0
    /// Into the hidden layer, a register of it.
    package var mlpUp = 0.0
    /// Out of it.
    package var mlpDown = 0.0
    /// Weight gradient out of it.
    package var mlpDownWeightGradient = 0.0
    /// Weight gradient into it.
    package var mlpUpWeightGradient = 0.0
    /// Back into the hidden layer, a register of bfloat16.
    package var hiddenGradient = 0.0
    /// And of float32.
    package var hiddenGradientFloat32 = 0.0
    /// Share of the weight that is read beside it.
    package var hiddenGradientWeightRead = 0.0
    /// Back out of the hidden layer, a register of it.
    package var mlpInputGradient = 0.0
    /// Layer norm and bias gradients of half a block in bfloat16, a register of the residual stream.
    package var elementwise = 0.0
    /// Share of both products of an MLP that full rematerialization runs once more.
    package var recomputedProducts = 0.0
    /// Loops a register to turn a batch on lanes into tokens on lanes.
    package var copyFromLanes = 0.0
    /// Loops a register to turn it into heads on lanes.
    package var copyToHeads = 0.0
    /// Overhead of the patch embedding over a full matrix unit.
    package var convolution = 1.0
    /// Share of the bandwidth that it reads images with.
    package var imageStream = 1.0
    /// Bytes a cycle of casting images to bfloat16.
    package var imageCastRate = 1.0
    /// Turning images so that patches are read from lanes, a row of lanes.
    package var imageTurn = 0.0
    /// And an image.
    package var imageTurnPerImage = 0.0
    /// Layout of the patches, a pixel and row of lanes of the width.
    package var patchLayout = 0.0
    /// The same with the batch on lanes, as a factor.
    package var patchLayoutBatchOnLanes = 1.0
    /// Layout of the patches for the kernel gradient, a pixel of one image.
    package var kernelLayout = 0.0
    /// What each image takes off.
    package var kernelLayoutPerImage = 0.0
    /// The most it takes.
    package var kernelLayoutMost = 0.0
    /// Images up to which the layout is that of one.
    package var fewImages = 0.0
    /// Its price there, a pixel and row of lanes of the width.
    package var kernelLayoutFewImages = 0.0
    /// Positional embedding and the first norm, backwards, a register of the residual stream.
    package var positions = 0.0
    /// And their layout without a class token.
    package var positionsLayout = 0.0
    /// And with one.
    package var positionsLayoutToken = 0.0
    /// Taking the class token, a register of the residual stream.
    package var poolToken = 0.0
    /// The same with the batch on sublanes.
    package var poolTokenBatchOnSublanes = 0.0
    /// The mean over tokens.
    package var poolGAP = 0.0
    /// A MAP head beside its products, a register of the residual stream.
    package var poolMAP = 0.0
    /// And a register of a query.
    package var poolMAPQuery = 0.0
    /// Share of the bandwidth that its weights are read with.
    package var poolMAPStream = 1.0
    /// Converting its weights, a register of them.
    package var poolMAPWeights = 0.0
    /// Share of the bandwidth that the classifier is read with.
    package var classifierStream = 1.0
    /// Beginning and end of each of its products.
    package var classifierFill = 0.0
    /// Converting the classifier to bfloat16, a register of it.
    package var classifierWeights = 0.0
    /// Share of the bandwidth that the loss is computed with.
    package var classifierLogitsStream = 1.0
    /// One small vector's update.
    package var vectorUpdate = 0.0
    /// The same with Adafactor.
    package var vectorUpdateAdafactor = 0.0
    /// Share of the bandwidth of an update.
    package var updateStream = 1.0
    /// Beginning and end of one.
    package var updateFill = 0.0
    /// Another pass over a gradient, for its norm or its factored moments, a register of bfloat16.
    package var updateSweep = 0.0
    /// The same of float32, as a factor.
    package var updateSweepFloat32 = 1.0
  }

  /// Instructions of the optimized program.
  package struct Instructions: Sendable, BitwiseCopyable {
    /// Bytes that the compiler reserves for an instruction.
    package var bytes = 0.0
    /// Bytes that it reserves at most.
    package var mostBytes = 0.0
    /// A parameter under each optimizer.
    package var sgd = 0.0
    /// Fitted to limits in the log, to 2 %.
    package var sgdMomentum = 0.0
    package var adam = 0.0
    package var adamHalf = 0.0
    package var adafactor = 0.0
    /// And each moment that is factored.
    package var adafactorFactored = 0.0
    /// Once a step under each optimizer.
    package var adamOnce = 0.0
    package var adamHalfOnce = 0.0
    package var adafactorOnce = 0.0
    /// The head.
    package var tokenHead = 0.0
    package var gapHead = 0.0
    package var mapHead = 0.0
    /// A parameter, and once, where gradients are clipped.
    package var clippedParameter = 0.0
    package var clippedOnce = 0.0
    /// A block beside its parameters.
    package var block = 0.0
    /// The same with float32 activations.
    package var blockFloat32 = 0.0
    /// A block, and once, where blocks are recomputed as asked.
    package var recomputedBlock = 0.0
    package var recomputedOnce = 0.0
  }

  /// Gaps between buffers.
  package struct Packing: Sendable, BitwiseCopyable {
    /// Gaps in units of one query tensor, counted twice, where 128 divides the tokens.
    package var gapsAligned = 0.0
    /// And elsewhere.
    package var gapsUnaligned = 0.0
    /// Gaps after rematerialization, as a share of the memory: seen from 0.3 to 2.6 %.
    package var gapsRematerialized = 0.0
    /// The most that a verdict counts on.
    package var mostGapsRematerialized = 0.0
  }

  package let cycles: UnsafePointer<Cycles>
  package let instructions: UnsafePointer<Instructions>
  package let packing: UnsafePointer<Packing>
  /// Which they are of those that were made.
  package let number: Int

  private static let kept = Mutex<[[Double]: FittedConstants]>([:])

  /// The constants that `value` gives by name, such as `cycles.product`; `neutral` is what theory alone says, 1 of a factor or a share
  /// and 0 of what is added.
  package init<Failure: Error>(
    _ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double
  ) throws(Failure) {
    var values: [Double] = []
    func read(_ name: String, _ neutral: Double) throws(Failure) -> Double {
      let number = try value(name, neutral)
      values.append(number)
      return number
    }
    let cycles = try Self.group("cycles", Cycles(), read)
    let instructions = try Self.group("instructions", Instructions(), read)
    let packing = try Self.group("packing", Packing(), read)
    self = Self.kept.withLock { kept in
      if let known = kept[values] { return known }
      let made = FittedConstants(
        cycles: Self.address(of: cycles), instructions: Self.address(of: instructions),
        packing: Self.address(of: packing), number: kept.count)
      kept[values] = made
      return made
    }
  }

  private init(
    cycles: UnsafePointer<Cycles>, instructions: UnsafePointer<Instructions>, packing: UnsafePointer<Packing>,
    number: Int
  ) {
    self.cycles = cycles
    self.instructions = instructions
    self.packing = packing
    self.number = number
  }

  /// A group whose numbers `value` gives. Names and neutral values are those of the properties of `neutral`, which are spelt there and
  /// nowhere else: they are its fields in order, every one a number.
  private static func group<Group: BitwiseCopyable, Failure: Error>(
    _ name: String, _ neutral: Group, _ value: (_ name: String, _ neutral: Double) throws(Failure) -> Double
  ) throws(Failure) -> Group {
    var numbers: [Double] = []
    for case (let label?, let number as Double) in Mirror(reflecting: neutral).children {
      numbers.append(try value(name + "." + label, number))
    }
    precondition(numbers.count * MemoryLayout<Double>.stride == MemoryLayout<Group>.size, "\(name) has numbers only")
    return numbers.withUnsafeBytes { $0.loadUnaligned(as: Group.self) }
  }

  private static func address<Value>(of value: Value) -> UnsafePointer<Value> {
    let address = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    address.initialize(to: value)
    return UnsafePointer(address)
  }

  /// Theory alone: products at full speed, streams at the whole bandwidth, and nothing beside them.
  package static let none = FittedConstants { _, neutral in neutral }

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
