import Evidence
import VisionTransformer

extension PeakReading {
  /// Walks a module's schedule.
  public init(_ module: HLOModule) {
    let walk = LivenessOfSchedule(module: module)
    let peak = walk.peak(of: module.entry)
    var found: [Key: BufferGroup] = [:]
    for buffer in peak.alive {
      let place = OperationPlace(operationName: buffer.maker.operationName, opcode: buffer.maker.opcode)
      var group =
        found[Key(shape: buffer.shape, place: place)]
        ?? BufferGroup(
          shape: buffer.shape.description, place: place, count: 0, bytes: .zero, unpadded: .zero,
          example: buffer.maker.name)
      group.count += 1
      group.bytes += buffer.shape.padded
      group.unpadded += buffer.shape.unpadded
      found[Key(shape: buffer.shape, place: place)] = group
    }
    self.init(
      temporaries: peak.bytes, unpadded: peak.alive.reduce(.zero) { sum, buffer in sum + buffer.shape.unpadded },
      instruction: peak.instruction?.name ?? "",
      place: OperationPlace(
        operationName: peak.instruction?.operationName ?? "", opcode: peak.instruction?.opcode ?? ""),
      groups: Array(
        found.values.sorted { ($1.bytes.count, $0.shape, $0.example) < ($0.bytes.count, $1.shape, $1.example) }
          .prefix(Self.mostGroups)))
  }

  private struct Key: Hashable {
    var shape: HLOShape
    var place: OperationPlace
  }
}
