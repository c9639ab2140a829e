import TrainingStep
import VisionTransformer

/// Cycles of every class of work on one TPU core, for given sizes; of a chip whose cores run one program (megacore), the sum
/// over its cores.
///
/// A class costs the largest of three: its products on the matrix units over padded dimensions, its element-wise work
/// on the vector unit, and its bytes over the memory's bandwidth. Quantities are in vector registers of 8 x 128 padded
/// elements. What theory leaves open are constants of the device's calibration, `cycles`, with the names used here;
/// other numbers count operands, bytes of elements and lanes.
/// Source of the structure: per-instruction `estimated_cycles` of 29 scheduled programs of libtpu 0.0.17.1 for v3
/// (`Validation/evidence`), every second one held out, and of 52 for v4, v5e, v5p and v6e.
struct StepTiming {
  /// Colour channels of an image.
  private static var channels: Double { 3 }
  private static var lanes: Double { Double(TileLayout.laneCount) }
  private static var register: Double { Double(TileLayout.registerElements) }
  private static var float32: Double { Double(ElementType.float32.size) }
  private static var bfloat16: Double { Double(ElementType.bfloat16.size) }

  /// Share of the vector memory up to which logits stay there; arrays of the size of the residual stream that must fit for
  /// it to stay; and those beside which a kernel of the MLP must fit for kernels to be read ahead.
  ///
  /// Source: operands in vector memory, and cycles, of programs that libtpu 0.0.17.1 scheduled for v5e, v5p and v6e. Logits
  /// of 59 MB stay in 96 MiB, those of 67 do not. Where a kernel is not read ahead, it is read again for every tile of rows.
  private static let logitsShare = 0.6, streamsThatStay = 6.0, streamsBesideKernel = 2.0

  private let constants: UnsafePointer<FittedConstants.Cycles>
  private var c: FittedConstants.Cycles { constants.pointee }
  private let momentBytes: Double
  private let isAdafactor: Bool
  private let clips, hasClassToken, writesLogitsGradient: Bool
  private let b, t, d, m, h, head, image, classes, patches, patch: Double
  /// The sizes padded to sublanes and lanes.
  private let b8, b128, t8, t128, d8, d128, m128, head8, head128, image8, image128, classes8: Double
  // Reciprocals, because a division would take longer than the rest of a price.
  /// Rows of a matrix unit, and cycles a multiply-add of all units.
  private let unit, cyclesPerProduct: Double
  /// Cycles a byte at the full bandwidth, and at the share of it that streaming fusions reach.
  private let cyclesPerByte, cyclesPerStreamedByte: Double
  /// Cycles a byte at the shares of the bandwidth that updates and the classifier's products reach.
  private let cyclesPerUpdatedByte, cyclesPerClassifierByte: Double
  private let element: Double
  private let isHalf: Bool
  /// Padded registers of the residual stream, the MLP's hidden layer, the logits, one of query/key/value, and the same
  /// as projections write it.
  private let residual, hidden, logits, query, projected: Double
  /// Padded registers of an attention kernel and of an MLP kernel.
  private let attentionKernel, mlpKernel: Double
  private let rows: Double
  private let batchOnSublanes, batchOnLanes: Bool
  private let productOntoLanes, productFromHeads, mlpProduct: Double
  /// Bytes of the logits, of the residual stream, and of one of query, key and value that pass through memory: none of what
  /// stays in vector memory.
  private let logitsBytes, residualBytes, queryBytes: Double
  /// Whether the residual stream stays in vector memory.
  private let keepsStream: Bool
  /// Factors on prices: what is left where logits, and the residual stream, stay in vector memory; and the latter's for
  /// products with kernels, which take longer where these are not read ahead.
  private let residentLogits, residentProducts, residentGradient, residentStream, kernelProducts: Double
  private let weightRead, gradientWrite, splitOutput, splitContraction: Double
  /// Cycles that several classes share.
  private let projection, projectionWeightGradient, projectionInputGradient, attentionValue, mlpUp, mlpDown: Double

  /// - Parameter writesLogitsGradient: `XLARegime.writesLogitsGradient`.
  init(
    _ structure: StepStructure, _ sizes: AxisSizes, writesLogitsGradient: Bool, device: borrowing Device,
    tpu: borrowing TPUFigures
  ) {
    constants = tpu.constants.cycles
    let c = tpu.constants.cycles.pointee
    self.writesLogitsGradient = writesLogitsGradient
    momentBytes = Double(structure.optimizer.moments.bytesOfKernel)
    isAdafactor = structure.optimizer == .adafactor
    clips = structure.gradientClipping == .globalNorm
    hasClassToken = structure.head == .token
    func size(_ axis: Axis) -> Double { Double(sizes[axis]) }
    func up(_ axis: Axis, _ multiple: Int) -> Double { Double(roundUp(sizes[axis], multiple)) }
    b = size(.batch)
    t = size(.tokens)
    d = size(.width)
    m = size(.mlpWidth)
    h = size(.heads)
    head = size(.headWidth)
    image = size(.imageRows)
    classes = size(.classes)
    patch = size(.patchRows)
    patches = hasClassToken ? t - 1 : t
    // Of all the cores that run the program together, which share the work: a cycle is one of each of them.
    let cores = Double(tpu.programCores)
    cyclesPerByte = cores * device.clock / device.bandwidth
    cyclesPerStreamedByte = cyclesPerByte / c.stream
    cyclesPerUpdatedByte = cyclesPerByte / c.updateStream
    cyclesPerClassifierByte = cyclesPerByte / c.classifierStream
    isHalf = structure.precision == .bfloat16
    element = isHalf ? Self.bfloat16 : Self.float32

    b8 = up(.batch, TileLayout.sublaneCount)
    b128 = up(.batch, TileLayout.laneCount)
    t8 = up(.tokens, TileLayout.sublaneCount)
    t128 = up(.tokens, TileLayout.laneCount)
    d8 = up(.width, TileLayout.sublaneCount)
    d128 = up(.width, TileLayout.laneCount)
    m128 = up(.mlpWidth, TileLayout.laneCount)
    head8 = up(.headWidth, TileLayout.sublaneCount)
    head128 = up(.headWidth, TileLayout.laneCount)
    image8 = up(.imageRows, TileLayout.sublaneCount)
    image128 = up(.imageRows, TileLayout.laneCount)
    classes8 = up(.classes, TileLayout.sublaneCount)
    rows = min(b * t8, t * b8)
    batchOnSublanes = sizes[.batch] % TileLayout.laneCount == 0 && t * b8 < b * t8
    batchOnLanes = sizes[.batch] >= TileLayout.laneCount && t * b128 < b * t128
    residual = min(rows * d128, b * d8 * t128, t * d8 * b128) / Self.register
    hidden = rows * m128 / Self.register
    logits = b * h * t8 * t128 / Self.register
    query = b * h * min(head8 * t128, t8 * head128) / Self.register
    projected = batchOnLanes ? min(query, t * b128 * h * head8 / Self.register) : query
    attentionKernel = d128 * h * head8 / Self.register
    mlpKernel = d128 * m128 / Self.register
    let unit = Double(tpu.matrixUnitSize)
    let cyclesPerProduct = cores / (Double(tpu.matrixUnits) * unit * unit)
    (self.unit, self.cyclesPerProduct) = (unit, cyclesPerProduct)
    func product(_ rows: Double, _ contracted: Double, _ columns: Double) -> Double {
      rows * Self.ceiling(contracted / unit) * unit * columns * cyclesPerProduct
    }
    productOntoLanes = product(projected * Self.register / (h * head8), d, h * head8)
    productFromHeads = product(rows, h * head, d128)
    mlpProduct = product(rows, d, m128)
    let onePass = rows <= c.onePassRows
    weightRead = onePass ? c.weightReadOnePass : c.weightRead
    gradientWrite = onePass ? c.gradientWriteOnePass : c.gradientWrite
    splitOutput = Self.float32 * d * d > c.splitOutputBytes ? c.splitOutput : 1
    splitContraction = Self.float32 * m * d > c.splitContractionBytes && !onePass ? c.splitContraction * hidden : 0

    let element = element, streamed = cyclesPerStreamedByte, partialOverlap = c.partialOverlap
    func together(_ matrix: Double, _ vector: Double) -> Double {
      Self.together(matrix, vector, partialOverlap)
    }
    func bytes(_ registers: Double) -> Double { Self.register * element * registers }
    func halfBytes(_ registers: Double) -> Double { Self.register * Self.bfloat16 * registers }
    func weightBytes(_ registers: Double) -> Double { Self.register * Self.float32 * registers }
    let vectorMemory = Double(tpu.vectorMemory.count)
    let keepsLogits = bytes(logits) <= Self.logitsShare * vectorMemory
    logitsBytes = keepsLogits ? 0 : bytes(logits)
    residentLogits = keepsLogits ? c.residentLogits : 1
    residentProducts = keepsLogits ? c.residentProducts : 1
    residentGradient = keepsLogits ? c.residentGradient : 1
    keepsStream = Self.streamsThatStay * bytes(residual) <= vectorMemory
    residualBytes = keepsStream ? 0 : bytes(residual)
    queryBytes = keepsStream ? 0 : halfBytes(query)
    let projectedBytes = keepsStream ? 0 : halfBytes(projected)
    residentStream = keepsStream ? c.residentStream : 1
    let besideKernel = weightBytes(mlpKernel) + Self.streamsBesideKernel * bytes(residual)
    kernelProducts = residentStream * (vectorMemory > 0 && besideKernel > vectorMemory ? c.farKernels : 1)
    projection =
      kernelProducts
      * max(
        together(c.product * productOntoLanes + weightRead * attentionKernel, c.projection * max(residual, projected)),
        (residualBytes + projectedBytes + weightBytes(attentionKernel)) * streamed)
    let weightGradient = batchOnLanes ? c.projectionWeightGradientBatchOnLanes : c.projectionWeightGradient
    projectionWeightGradient =
      residentStream
      * max(
        together(c.product * productOntoLanes + weightRead * attentionKernel, weightGradient * projected),
        (residualBytes + projectedBytes) * streamed)
    projectionInputGradient =
      kernelProducts
      * max(
        together(
          c.product * splitOutput * productFromHeads + weightRead * attentionKernel,
          c.projectionInputGradient * residual),
        (residualBytes + projectedBytes) * streamed)
    attentionValue = max(
      residentProducts * (c.attentionValue * logits * element / Self.bfloat16 + c.attentionValueQuery * query),
      c.product * product(b * h * head8, t, t128))
    mlpUp =
      kernelProducts
      * max(
        together(c.product * mlpProduct + weightRead * mlpKernel, c.mlpUp * hidden),
        (residualBytes + bytes(hidden) + weightBytes(mlpKernel)) * streamed)
    mlpDown =
      kernelProducts
      * max(
        Self.overlap(c.product * mlpProduct, c.mlpDown * hidden) + weightRead * mlpKernel,
        (2 * residualBytes + bytes(hidden) + weightBytes(mlpKernel)) * streamed)
  }

  // Bytes of registers in the activations' type, in bfloat16 and in a weight's float32; then cycles to stream bytes.
  private func bytes(_ registers: Double) -> Double { Self.register * element * registers }
  private func halfBytes(_ registers: Double) -> Double { Self.register * Self.bfloat16 * registers }
  private func weightBytes(_ registers: Double) -> Double { Self.register * Self.float32 * registers }
  private func stream(_ bytes: Double) -> Double { bytes * cyclesPerStreamedByte }
  @inline(__always)
  private func product(_ rows: Double, _ contracted: Double, _ columns: Double) -> Double {
    rows * Self.ceiling(contracted / unit) * unit * columns * cyclesPerProduct
  }

  // `rounded(.up)` calls the mathematics library unless the compiler is told the processor.
  @inline(__always)
  static func ceiling(_ value: Double) -> Double {
    guard value < 0x1p62 else { return value }
    let whole = Double(Int(value))
    return whole < value ? whole + 1 : whole
  }

  /// Writes the cycles of one operation of every class, in the order of `CostClass.all`.
  func write(_ cycles: UnsafeMutableBufferPointer<Double>) {
    var place = 0
    CostClass.forEach {
      cycles[place] = self.cycles($0)
      place &+= 1
    }
  }

  /// Cycles of one operation of a class.
  @inline(__always)
  func cycles(_ cost: CostClass) -> Double {
    switch cost {
    case .fused: return 0
    case .projection, .attentionOutputGradient: return projection
    case .projectionWeightGradient: return projectionWeightGradient
    case .logits: return logitsProduct
    case .exponential: return residentLogits * (isHalf ? c.loop : c.exponentialFloat32) * logits
    case .attentionValue, .valueGradient: return attentionValue
    case .outputProjection:
      return kernelProducts
        * max(
          together(
            c.product * splitOutput * productFromHeads + weightRead * attentionKernel, c.outputProjection * residual),
          stream(2 * residualBytes + queryBytes))
    case .mlpUp: return mlpUp
    case .mlpDown: return mlpDown
    case .mlpDownWeightGradient:
      return residentStream
        * together(c.product * mlpProduct + gradientWrite * mlpKernel, c.mlpDownWeightGradient * hidden)
    case .mlpUpWeightGradient:
      return residentStream
        * together(c.product * mlpProduct + gradientWrite * mlpKernel, c.mlpUpWeightGradient * hidden)
    case .hiddenGradient:
      let elementwise = isHalf ? c.hiddenGradient : c.hiddenGradientFloat32
      return kernelProducts
        * max(
          Self.overlap(c.product * mlpProduct, elementwise * hidden)
            + weightRead * mlpKernel * c.hiddenGradientWeightRead,
          stream(residualBytes + 2 * bytes(hidden) + weightBytes(mlpKernel)))
    case .mlpInputGradient:
      return kernelProducts
        * max(
          together(
            c.product * mlpProduct + splitContraction + weightRead * mlpKernel, c.mlpInputGradient * hidden),
          stream(3 * residualBytes + halfBytes(hidden) + weightBytes(mlpKernel)))
    case .logitsGradient:
      return max(
        isHalf ? residentGradient * (c.logitsGradient * logits + c.logitsGradientQuery * query) : 0,
        stream(3 * queryBytes + 2 * logitsBytes))
    case .queryOrKeyGradient: return queryOrKeyGradient
    case .projectionInputGradient: return projectionInputGradient
    case .attentionNormGradient:
      let last =
        kernelProducts
        * max(
          Self.overlap(c.product * splitOutput * productFromHeads, c.attentionNormGradient * residual)
            + weightRead * attentionKernel,
          stream(5 * residualBytes))
      return max(0, last - projectionInputGradient)
    // For both halves of a block.
    case .blockElementwise:
      return 2 * residentStream * max(isHalf || keepsStream ? c.elementwise * residual : 0, stream(4 * residualBytes))
    case .blockOverhead: return c.statistics + c.fusions * c.fill + copies
    case .recomputeBarrier:
      // The forward pass fuses both MLP products, so that the hidden layer is recomputed tile by tile.
      return 2 * c.loop * residual + c.recomputedProducts * (mlpUp + mlpDown)
    case .embedPatches, .embedPatchesGradient, .positions, .pool, .classifier: return ends(cost)
    case .update(let kind): return update(kind)
    }
  }

  private func together(_ matrix: Double, _ vector: Double) -> Double {
    Self.together(matrix, vector, c.partialOverlap)
  }

  // Matrix and vector work of which the shorter is hidden, but for `part` of what it takes longer if it is not.
  @inline(__always)
  private static func together(_ matrix: Double, _ vector: Double, _ part: Double) -> Double {
    let longer = max(matrix, vector)
    return part == 0 ? longer : longer + part * (overlap(matrix, vector) - longer)
  }

  // Matrix and vector work that overlap only in part.
  private static func overlap(_ matrix: Double, _ vector: Double) -> Double {
    (matrix * matrix + vector * vector).squareRoot()
  }

  // Queries times keys.
  @inline(__always)
  private var logitsProduct: Double {
    max(
      isHalf ? residentLogits * (c.logits * logits + c.logitsQuery * query) : 0,
      stream(2 * queryBytes + logitsBytes),
      c.product * product(b * h * t128, head, t128))
  }

  /// Cycles of what rematerialization recomputes in a block: the hidden layer, the logits, and one of query, key and
  /// value.
  @inline(__always)
  var recomputed: (hidden: Double, logits: Double, projection: Double) { (mlpUp, logitsProduct, projection) }

  // A written gradient is computed once for both; otherwise once for each.
  private var queryOrKeyGradient: Double {
    if writesLogitsGradient {
      return max(residentGradient * c.writtenLogitsGradient * logits, stream(3 * logitsBytes)) / 2 + attentionValue
    }
    return max(
      residentProducts * (c.fusedLogitsGradient * logits * element + c.fusedLogitsGradientQuery * query),
      stream(2 * logitsBytes + 2 * queryBytes))
  }

  // Copies where projections write the batch on lanes and attention needs tokens there.
  private var copies: Double {
    guard batchOnLanes else { return 0 }
    return (t8 * head128 < head8 * t128 ? c.copyFromLanes : c.copyToHeads) * c.loop * (query + projected)
  }
}

// MARK: - Stem, head and update

extension StepTiming {
  @inline(__always)
  private func ends(_ cost: CostClass) -> Double {
    var convolution: Double { c.convolution * b * patches * Self.channels * patch * patch * d128 * cyclesPerProduct }
    // Images in bfloat16, with their colours on four sublanes.
    var imageBytes: Double { image * image * 8 * b128 * cyclesPerByte / c.imageStream }
    switch cost {
    case .embedPatches:
      let layout = b < Self.lanes ? 1 : c.patchLayoutBatchOnLanes
      return imageCast + max(convolution + c.patchLayout * image * image * d128 / Self.lanes * layout, imageBytes)
    case .embedPatchesGradient:
      let layout =
        b > c.fewImages
        ? min(c.kernelLayoutMost, max(0, c.kernelLayout - c.kernelLayoutPerImage * b))
        : c.kernelLayoutFewImages * d128 / Self.lanes
      return max(convolution + image * image * layout, imageBytes)
    case .positions:
      let layout = batchOnSublanes ? 0 : (hasClassToken ? c.positionsLayoutToken : c.positionsLayout) * residual
      return max(c.positions * residual, stream(5 * residualBytes)) + layout
    case .pool(.token): return (batchOnSublanes ? c.poolTokenBatchOnSublanes : c.poolToken) * residual
    case .pool(.gap): return c.poolGAP * residual
    case .pool(.map):
      let weights = 2 * d * m + 4 * d * d
      return 2 * projection + 2 * projectionWeightGradient + 2 * projectionInputGradient
        + c.poolMAP * residual + c.poolMAPQuery * query + 2 * Self.float32 * weights * (cyclesPerByte / c.poolMAPStream)
        + c.poolMAPWeights * weights / Self.register
    case .classifier:
      let weights = classes8 * d128
      let read = Self.float32 * weights * cyclesPerClassifierByte
      return 2 * (read + c.classifierFill)
        + (isHalf ? c.classifierWeights * weights / Self.register : read)
        + 3 * Self.float32 * b * classes * (cyclesPerByte / c.classifierLogitsStream)
    default: return 0
    }
  }

  // Casting the images to bfloat16, and transposing them so that the convolution reads patches from lanes.
  private var imageCast: Double {
    let cast = Self.float32 + Self.bfloat16
    if image * image * b128 <= b * image8 * image128 {
      return Self.channels * image * image8 * b128 * cast / c.imageCastRate
    }
    return (isHalf ? Self.channels * b * image8 * image128 * cast / c.imageCastRate : 0)
      + image * image128 * (c.imageTurn + c.imageTurnPerImage * b8)
  }

  // Time for the bytes of state that the update reads and writes for each parameter.
  @inline(__always)
  private func update(_ kind: ParameterKind) -> Double {
    let elements: Double
    switch kind {
    case .attentionKernel: elements = Self.register * attentionKernel
    case .mlpKernel: elements = d8 * m128
    case .classifier: elements = classes8 * d128
    case .patchKernel: elements = Self.channels * (patch * patch) * d128
    case .positions: elements = t8 * d128
    case .vector: return isAdafactor ? c.vectorUpdateAdafactor : c.vectorUpdate
    }
    // The parameter and its moments are read and written, the gradient is read.
    let state = 2 * (Self.float32 + momentBytes)
    let sweep = c.updateSweep * elements / Self.register * (isHalf ? 1 : c.updateSweepFloat32)
    return elements * (state + element) * cyclesPerUpdatedByte + c.updateFill
      + (isAdafactor ? sweep : 0) + (clips ? sweep : 0)
  }
}
