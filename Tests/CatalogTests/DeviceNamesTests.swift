import Testing
import VisionTransformer

@testable import Catalog

/// Names of devices and slices as they are booked.
@Suite struct DeviceNamesTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  @Test(arguments: [
    ("v2", "tpu-v2"), ("v3", "tpu-v3"), ("TPU v3", "tpu-v3"), ("TPUv3", "tpu-v3"), ("tpu_v4", "tpu-v4"),
    ("V4", "tpu-v4"),
    ("v4-core", "tpu-v4-core"), ("v5e", "tpu-v5e"), ("TPU v5 lite", "tpu-v5e"), ("v5litepod", "tpu-v5e"),
    ("v5p", "tpu-v5p"), ("TPU v6e", "tpu-v6e"), ("Trillium", "tpu-v6e"), ("TPU v6 lite", "tpu-v6e"), ("CPU", "cpu"),
    ("tpu-v5-lite-podslice", "tpu-v5e"), ("tpu-v4-podslice", "tpu-v4"), ("tpu-v5p-slice", "tpu-v5p"),
  ])
  func aDeviceByTheNamesThatItHas(_ name: String, _ device: String) throws {
    let reading = try catalog.reading(ofDevice: name)
    #expect(reading.name == device && reading.dataParallel == nil)
    #expect(try catalog.device(named: name).name == device)
  }

  /// A slice's number counts cores or chips, as its generation does; a program has one core of a v3, a chip of a v4.
  /// Source: cloud.google.com/tpu/docs, the configurations of each version.
  @Test(arguments: [
    ("v2-8", "tpu-v2", 8), ("v3-8", "tpu-v3", 8), ("v3-2048", "tpu-v3", 2048), ("v4-8", "tpu-v4", 4),
    ("v4-64", "tpu-v4", 32), ("v5litepod-8", "tpu-v5e", 8), ("v5e-256", "tpu-v5e", 256), ("v5p-8", "tpu-v5p", 4),
    ("tpu-v6e-8", "tpu-v6e", 8), ("V5P-128", "tpu-v5p", 64), ("TPU v3-8", "tpu-v3", 8), ("v3 8", "tpu-v3", 8),
    ("v4-2x2x1", "tpu-v4", 4), ("v5e:2x4", "tpu-v5e", 8), ("v5p-4x4x8", "tpu-v5p", 128), ("v3-4x4", "tpu-v3", 32),
  ])
  func aSliceIsItsDeviceAndHowManyShareGradients(_ name: String, _ device: String, _ count: Int) throws {
    let reading = try catalog.reading(ofDevice: name)
    #expect(reading.name == device && reading.dataParallel == count)
    #expect(reading.note?.contains("\(name) is understood as ") == true)
    let json = #"{"shape": "ViT-B/16", "device": "\#(name)"}"#
    let configuration = try Configuration(LooseValue(json: json), directory: catalog)
    #expect(configuration.device == device && configuration.dataParallel == count)
    let asked = #"{"shape": "ViT-B/16", "device": "\#(name)", "dataParallel": 2}"#
    #expect(try Configuration(LooseValue(json: asked), directory: catalog).dataParallel == 2)
  }

  @Test(arguments: [
    ("v4-7", #"did you mean "v4-8"?"#), ("v4-0", #"did you mean "v4-8"?"#),
    ("v3-99999999", #"did you mean "v3-2048"?"#), ("v3-3", #"did you mean "v3-8"?"#),
    ("v2-9", #"did you mean "v2-8" or "v2-32"?"#), ("v5litepod-7", #"did you mean "v5litepod-4" or "v5litepod-8"?"#),
    ("v5e-512", "tpu-v5e has slices of 1, 4, 8, 16, 32, 64, 128, 256 chips"),
    ("v4-6", "is no slice that can be booked"),
    ("tpu-v4-200", #"did you mean "tpu-v4-128" or "tpu-v4-256"?"#), ("v2-64", #"did you mean "v2-32" or "v2-128"?"#),
    ("v5p-12416", #"did you mean "v5p-12288"?"#), ("v6e-2", #"did you mean "v6e-1" or "v6e-4"?"#),
    ("v5-8", #"did you mean "tpu-v5e" or "tpu-v5p"?"#), ("v4-3x3x3", #"did you mean "v4-32" or "v4-64"?"#),
    ("ironwood", "there is no model of such an accelerator yet"),
    ("v5p-4", "and any other number is asked for as data parallel"),
    ("v5", #"; did you mean "tpu-v5e" or "tpu-v5p"?"#), ("tpu-v33", "must be one of cpu, tpu-v2"),
    ("gpu", "there is no GPU model yet"), ("a100-8", "there is no GPU model yet"), ("cpu-8", "must be one of cpu"),
    ("v3--8", #"did you mean "v3-8"?"#), ("v3_-8", #"did you mean "v3-8"?"#), ("v3-+8", "must be one of cpu"),
    ("v3-08", "must be one of cpu"), ("v4-", #"did you mean "v4"?"#), ("-v4", #"did you mean "v4"?"#),
    ("v5litepod--8", #"did you mean "v5litepod-8"?"#), ("v4-+2x2x1", "must be one of cpu"),
    ("--", "must be one of cpu"),
    ("v3-8-8", "must be one of cpu"), ("", "must be one of cpu"), ("tpu", "must be one of cpu"),
  ])
  func otherNamesAreRefused(_ name: String, _ part: String) {
    let error = #expect(throws: ConfigurationError.self) { try catalog.reading(ofDevice: name) }
    #expect(error?.key == "device" && error?.rule.contains(part) == true, "\(error?.rule ?? "")")
  }

  /// Every size that the documents list is booked as it stands.
  @Test(arguments: [
    ("v2", 1, [8, 32, 128, 256, 512]), ("v3", 1, [8, 32, 64, 128, 256, 512, 1024, 2048]),
    ("v4", 2, [8, 16, 32, 64, 128, 256, 384, 512, 1024, 2048, 4096, 8192]),
    ("v5litepod", 1, [1, 4, 8, 16, 32, 64, 128, 256]), ("v6e", 1, [1, 4, 8, 16, 32, 64, 128, 256]),
    ("v5p", 2, [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 12288]),
  ])
  func theSlicesThatCanBeBooked(_ name: String, _ perProgram: Int, _ sizes: [Int]) throws {
    for size in sizes {
      #expect(try catalog.reading(ofDevice: "\(name)-\(size)").dataParallel == size / perProgram)
    }
  }

  /// Cores and chips are told apart wherever a device is named.
  @Test(arguments: [
    ("tpu-v3", "a tpu-v3 core", "a core"), ("tpu-v4", "a tpu-v4 chip (2 cores, megacore)", "a chip"),
    ("tpu-v4-core", "a tpu-v4-core", "a core"), ("tpu-v5e", "a tpu-v5e chip", "a chip"),
    ("tpu-v5p", "a tpu-v5p chip (2 cores, megacore)", "a chip"), ("tpu-v6e", "a tpu-v6e chip", "a chip"),
    ("cpu", "cpu", "a step"),
  ])
  func aDeviceSaysWhatAProgramRunsOn(_ name: String, _ place: String, _ unit: String) throws {
    let device = try catalog.device(named: name)
    #expect(device.place == place && device.perUnit == unit)
    #expect(device.speedUnit == (name == "cpu" ? "images/s" : "images/s \(unit)"))
  }

  /// The chip is two cores in everything that a core has.
  @Test func aTPUv4IsTwoOfItsCores() throws {
    let chip = try catalog.device(named: "tpu-v4"), core = try catalog.device(named: "tpu-v4-core")
    #expect(chip.memory == Bytes(2 * core.memory.count) && chip.peakFLOPs == 2 * core.peakFLOPs)
    #expect(try chip.bandwidth == 2 * core.bandwidth && chip.tpu.matrixUnits == 2 * core.tpu.matrixUnits)
    #expect(chip.usableMemory > Bytes(2 * core.usableMemory.count))
    #expect(try chip.tpu.programCores == 2 && core.tpu.programCores == 1 && core.tpu.coresPerChip == 2)
  }
}
