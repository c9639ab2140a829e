/// Numbers of nodes in the order in which the compiler makes them: pass by pass, and within a pass over fusions from the
/// last consumer or from the first. Nodes of equal priority run in an order that follows from it.
///
/// Source: seen in `HloInstructionProto.id` of graphs that libtpu 0.0.17.1 schedules.
enum Pass: Int {
  case argument, scalar, negation, copy, alias
  case up, logitsGradient, norm, softmaxSum, firstNorm, normGradient, mix, headQueryGradient, projectionGradient
  case headValues, projection, headKeys, headInputGradient, inputGradient, outputGradient, kernelUpdate, upGradient
  case downGradient, outputKernelGradient, projectionKernelGradient, headKernelGradient, classifierInput, softmax
  case headForward, smallUpdate, firstMoments, momentGradient, moments, biasUpdate, stemGradient, sums, clipping
  case softmaxFusion, hiddenGradient, patchGradient, reduction, update, result

  /// The number of a node of this pass, the `place`th from the first.
  func callAsFunction(_ place: Int) -> Int { rawValue << 20 + place }
}
