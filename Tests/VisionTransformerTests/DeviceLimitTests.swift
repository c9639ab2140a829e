import Testing

@testable import VisionTransformer

/// What a memory limit above a device's own is told.
@Suite struct DeviceLimitTests {
  private func device(_ name: String, _ kind: Device.Kind) -> Device {
    Device(
      name: name, kind: kind, summary: "", memory: Bytes(16 << 30), usableMemory: Bytes(15 << 30), bandwidth: 1,
      peakFLOPs: 1, clock: 1, validation: .compiled)
  }

  private var core: Device {
    device(
      "tpu-v3",
      .tpu(
        TPUFigures(matrixUnits: 1, matrixUnitSize: 1, lanes: 1, sublanes: 1, linkBandwidth: 1, coresPerChip: 2)))
  }

  private var host: Device { device("cpu", .host(HostFigures(threads: 1, cache: Bytes(1), rates: [:]))) }

  @Test func aCoreWithMoreMemoryThanItHasIsNoGPU() {
    let device = core
    #expect(device.limitNote(nil) == nil)
    #expect(device.limitNote(Bytes(1 << 30)) == nil)
    #expect(device.limitNote(Bytes(15 << 30)) == nil)
    #expect(device.limitNote(Bytes(16 << 30)) == "a tpu-v3 core of which a program may use 16 GiB: it may use 15 GiB")
    #expect(
      device.limitNote(Bytes(24 << 30))
        == "a tpu-v3 core with 24 GiB; says nothing of a GPU, of which there is no model yet: a tpu-v3 core has 16 GiB")
    #expect(device.limitNote(Bytes((49 << 30) / 2))?.hasPrefix("a tpu-v3 core with 24.50 GiB; says") == true)
  }

  @Test func aHostIsNotAGPUWhateverItsLimit() {
    #expect(host.limitNote(nil) == nil)
    #expect(
      host.limitNote(Bytes(80 << 30)) == "a host processor with 80 GiB, no GPU: there is no GPU model yet")
  }
}
