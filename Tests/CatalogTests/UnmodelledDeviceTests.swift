import Testing
import VisionTransformer

@testable import Catalog

/// Accelerators that people ask for but that have no model.
@Suite struct UnmodelledDeviceTests {
  @Test(arguments: [
    "gpu", "GPU", "cuda", "cuda:0", "nvidia", "a100", "A100-80GB", "a100-40gb", "nvidia-a100-sxm4-80gb", "h100",
    "h100-pcie", "H200",
    "h800", "b200", "gb200", "v100", "t4", "p100", "l4", "l40s", "a10g", "a6000", "rtx3090", "rtx-4090", "RTX 4090",
    "rtx_3090_ti",
    "3090", "4090ti", "gtx1080", "geforce", "8xa100", "a100x8", "8xh100-80gb", "mi300x", "mi250", "amd-mi300x",
    "radeon-rx7900xtx", "m1",
    "m2-ultra", "m3max-gpu", "mps",
  ])
  func gpusAreToldThatThereIsNoModel(name: String) throws {
    let catalog = try Catalog.bundled()
    let error = try #require(throws: ConfigurationError.self) { try catalog.device(named: name) }
    #expect(error.key == "device")
    #expect(error.rule.hasPrefix("there is no GPU model yet: must be one of cpu, tpu-v2"), "\(error)")
    #expect(!error.rule.contains("did you mean"))
    #expect(throws: error) { try catalog.checkDevice(named: name) }
  }

  @Test(arguments: [
    "trainium", "trn1", "trn2-48xl", "inf2", "gaudi2", "gaudi-3", "npu", "hpu", "910b", "ironwood", "tpu7x-8",
  ])
  func otherAcceleratorsAreToldSo(name: String) {
    #expect(UnmodelledDevice.kind(of: name) == .neural)
    #expect(
      UnmodelledDevice.neural.rule(known: ["cpu"]) == "there is no model of such an accelerator yet: must be one of cpu"
    )
  }

  @Test(arguments: [
    "", "cpu", "cpus", "tpu", "tpu-v3", "tpu-v9", "v2", "v3", "v3-8", "v4-64", "v5e", "v5litepod-8", "v5p", "v6e",
    "trillium", "my-host",
    "epyc", "xeon", "a", "h", "1", "100", "80gb", "mine2", "gpux1y", "a100000",
  ])
  func othersAreLeftAlone(name: String) { #expect(UnmodelledDevice.kind(of: name) == nil) }

  @Test func longNamesAreNotLookedAt() {
    #expect(UnmodelledDevice.kind(of: String(repeating: "gpu-", count: 100_000)) == nil)
  }

  /// A device that the catalog has is itself, whatever it is called.
  @Test func aDeviceOfOnesOwnMayHaveSuchAName() throws {
    let file = try #require(CatalogFile.bundled.first { $0.path == "devices/tpu-v3.yaml" })
    let own = CatalogFile(path: "devices/a100.yaml", display: "a100.yaml", text: file.text)
    let catalog = try Catalog(files: CatalogFile.bundled + [own])
    #expect(try catalog.device(named: "a100").name == "a100")
  }
}
