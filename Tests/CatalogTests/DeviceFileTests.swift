import Testing
import VisionTransformer

@testable import Catalog

@Suite struct DeviceFileTests {
  @Test func theDevicesAreTheSixGenerationsAndAHostOneOfThemByTheCoreToo() throws {
    #expect(
      try Catalog.bundled().devices.map(\.name) == [
        "cpu", "tpu-v2", "tpu-v3", "tpu-v4", "tpu-v4-core", "tpu-v5e", "tpu-v5p", "tpu-v6e",
      ])
  }

  @Test func theHostHasARateForEveryKernel() throws {
    let device = try Catalog.bundled().device(named: "cpu")
    let host = try device.host
    #expect(device.isHost && device.validation == .measured && host.threads >= 1)
    #expect(Set(host.rates.keys) == Set(HostFigures.Kernel.allCases))
    // A product on a core of this decade takes between a hundredth and a millionth of a nanosecond a FLOP.
    for kernel in [HostFigures.Kernel.linear, .inputGradient, .weightGradient, .mlpGradient] {
      let rate = host.rates[kernel]?[HostFigures.Work.product.index] ?? 0
      #expect((1e-15...1e-10).contains(rate), "\(kernel)")
    }
  }

  @Test func whoseFiguresTheyAreIsAKeyOfAHostsFile() throws {
    var file = try #require(CatalogFile.bundled.first { $0.path == "devices/cpu.yaml" })
    #expect(try DeviceFile(file).device.speaksFor == "AMD EPYC, 2 threads")
    let key = "processor:\n  value: AMD EPYC\n  source: >-\n    what the system states\n"
    try #require(file.text.contains(key))
    // Files of older probes name the processor only in the summary; with an edited summary they are valid for no
    // machine.
    file.text = file.text.replacing(key, with: "")
    #expect(try DeviceFile(file).device.host.processor == "AMD EPYC")
    file.text = file.text.replacing("summary: 2 threads of AMD EPYC, as measured.", with: "summary: The old AMD EPYC.")
    #expect(try DeviceFile(file).device.speaksFor == nil)
  }

  @Test func aHostThatWasProbedBesideSomethingElseSaysSo() throws {
    let catalog = try Catalog.bundled()
    #expect(try catalog.device(named: "cpu").host.disturbed == 0)
    let bundled = try #require(CatalogFile.bundled.first { $0.path == "devices/cpu.yaml" })
    func device(_ value: String) throws -> Device {
      var file = bundled
      file.text += "\ndisturbed:\n  value: \(value)\n  source: a test\n"
      return try DeviceFile(file).device
    }
    #expect(try device("8").host.disturbed == 8)
    #expect(throws: CatalogError.self) { try device("-1") }
    #expect(throws: CatalogError.self) { try device("many") }
  }

  @Test func usableMemoryOfTPUv3IsSixteenGibibytesLess530Mebibytes() throws {
    let device = try Catalog.bundled().device(named: "tpu-v3")
    #expect(device.memory.count == 16 << 30)
    #expect(device.usableMemory.count == (16 << 30) - (530 << 20))
    #expect(device.usableMemory.description == "15.48 GiB")
    #expect(device.bandwidth == 450e9)
    #expect(device.peakFLOPs == 61.5e12)
    #expect(device.clock == 940e6)
    #expect(try device.tpu.linkBandwidth == 4 * 656e9 / 8)
    #expect(try device.tpu.coresPerChip == 2)
    #expect(device.speaksFor == "libtpu 0.0.17.1")
  }

  /// Usable memory according to the compiler, in GiB.
  @Test(arguments: [
    ("tpu-v2", 7.48), ("tpu-v3", 15.48), ("tpu-v4", 30.75), ("tpu-v4-core", 15.25), ("tpu-v5e", 15.75),
    ("tpu-v5p", 95.74), ("tpu-v6e", 31.25),
  ])
  func usableMemory(name: String, gibibytes: Double) throws {
    let device = try Catalog.bundled().device(named: name)
    #expect((device.usableMemory.gibibytes - gibibytes).magnitude < 0.005)
    #expect(device.usableMemory < device.memory)
  }

  /// One multiply-add a unit and cycle makes the published peak.
  @Test(arguments: [
    "tpu-v2", "tpu-v3", "tpu-v4", "tpu-v4-core", "tpu-v5e", "tpu-v5p", "tpu-v6e",
  ])
  func peakIsUnitsTimesClock(name: String) throws {
    let device = try Catalog.bundled().device(named: name)
    let tpu = try device.tpu
    let rate = 2 * device.clock * Double(tpu.matrixUnits * tpu.matrixUnitSize * tpu.matrixUnitSize)
    #expect((device.peakFLOPs / rate - 1).magnitude < 0.02)
  }

  /// A device without rows of its compiler speaks for none.
  @Test func timesOfTPUv3AndTPUv5eAreValidated() throws {
    let devices = try Catalog.bundled().devices.filter { !$0.device.isHost }
    #expect(devices.filter { $0.device.validation == .compiled }.map(\.name) == ["tpu-v3", "tpu-v5e"])
    for file in devices {
      #expect(file.device.validation == .notYetValidated || file.device.speaksFor != nil, "\(file.name)")
      let source = try #require(file.figures.first { $0.key == .validation }).source
      #expect(file.name == "tpu-v3" || source.contains("shapefinder report") == (file.device.speaksFor != nil))
    }
  }

  /// What compiles said of another device widens its band; what they do not tell is as on v3.
  @Test func aDevicesOwnCalibrationComesBeforeThatOfTheModel() throws {
    let catalog = try Catalog.bundled()
    func band(_ name: String) throws -> UncertainBand { try catalog.device(named: name).tpu.uncertainBand }
    let chip = try band("tpu-v5e"), model = try band("tpu-v3")
    let own = try #require(catalog.calibration(named: "tpu-v5e")).values
    #expect(chip.livePeak.upperBound == own["livePeakMost"] && chip.livePeak.upperBound > model.livePeak.upperBound)
    #expect(chip.deepFloor == model.deepFloor)
    let without = try Catalog(files: CatalogFile.bundled.filter { $0.path != "calibrations/tpu-v5e.yaml" })
    #expect(try without.device(named: "tpu-v5e").tpu.uncertainBand == model)
  }

  /// Constants that a device does not have are those of v3, kept once; a device's own come before them.
  @Test func aDevicesOwnConstantsComeBeforeThoseOfTheModel() throws {
    let catalog = try Catalog.bundled()
    let model = try catalog.device(named: "tpu-v3").tpu.constants
    #expect(model != .none && model.cycles.pointee.product > 1 && model.packing.pointee.gapsAligned > 0)
    #expect(try catalog.device(named: "tpu-v2").tpu.constants == model)
    let own = CatalogFile(
      path: "calibrations/tpu-v2.yaml", display: "own", text: "cycles: {source: x, values: {product: 1.5}}")
    let others = CatalogFile.bundled.filter { $0.path != own.path }
    let changed = try Catalog(files: others + [own]).device(named: "tpu-v2").tpu.constants
    #expect(changed.cycles.pointee.product == 1.5 && changed != model)
    #expect(changed.cycles.pointee.loop == model.cycles.pointee.loop)
  }

  /// A user's own calibration for the model's device may contain only ranges, as before constants were added to it.
  @Test func rangesAloneLeaveTheBundledConstants() throws {
    let bundled = try #require(CatalogFile.bundled.first { $0.path == "calibrations/tpu-v3.yaml" })
    let ranges = try #require(bundled.text.firstRange(of: "livePeakLeast:")).lowerBound
    let own = CatalogFile(path: bundled.path, display: "own", text: String(bundled.text[ranges...]))
    let files = CatalogFile.bundled.filter { $0.path != bundled.path } + [own]
    let device = try Catalog(files: files).device(named: "tpu-v3")
    #expect(try device == Catalog.bundled().device(named: "tpu-v3"))
  }

  /// A user's own calibration holds what was fitted anew; the rest is that of the bundled file of the same name, which for
  /// the chip has ranges of its own.
  @Test(arguments: ["tpu-v3", "tpu-v4"]) func aCalibrationIsLaidOverTheBundledOne(name: String) throws {
    let own = CatalogFile(
      path: "calibrations/\(name).yaml", display: "own",
      text: "packing: {source: x, values: {gapsAligned: 4.5}}\ndeepFloorMost: {value: 1.5, source: x}")
    let files = CatalogFile.bundled.filter { $0.path != own.path } + [own]
    let bundled = try Catalog.bundled().device(named: name).tpu
    let tpu = try Catalog(files: files).device(named: name).tpu
    #expect(tpu.constants.packing.pointee.gapsAligned == 4.5 && bundled.constants.packing.pointee.gapsAligned != 4.5)
    #expect(tpu.constants.packing.pointee.gapsUnaligned == bundled.constants.packing.pointee.gapsUnaligned)
    #expect(tpu.constants.cycles.pointee.loop == bundled.constants.cycles.pointee.loop)
    #expect(tpu.uncertainBand.deepFloor == bundled.uncertainBand.deepFloor.lowerBound...1.5)
    #expect(tpu.uncertainBand.livePeak == bundled.uncertainBand.livePeak)
  }

  @Test func everyConstantOfTheModelStandsInTheCalibration() throws {
    let calibration = try #require(Catalog.bundled().calibration(named: "tpu-v3"))
    let constants = calibration.constants.filter { $0.name.contains(".") }
    #expect(constants.map(\.name).sorted() == FittedConstants.names.sorted())
    #expect(FittedConstants.names.count == FittedConstants.known.count)
  }

  @Test func everyFigureHasASource() throws {
    for file in try Catalog.bundled().devices {
      let optional: Set<DeviceFile.Key> = [
        .compiler, .unit, .programCores, .slices, .sliceSizes, .writtenSoftmax, .writtenProducts,
        .writtenGradient, .copiedImages, .vectorMemory, .commonMemory, .alignment,
      ]
      let host: Set<DeviceFile.Key> = [.processor, .threads, .cache, .productRates, .kernels]
      let unit: Set<DeviceFile.Key> = [.matrixUnits, .matrixUnitSize, .lanes, .sublanes, .linkBandwidth, .coresPerChip]
      // `disturbed` stands where the probe was not alone.
      let others = (file.device.isHost ? unit : host).union([.summary, .kind, .aliases, .disturbed]).union(
        optional)
      #expect(Set(file.figures.map(\.key)).subtracting(optional) == Set(DeviceFile.Key.allCases).subtracting(others))
      #expect(file.figures.allSatisfy { !$0.source.isEmpty && !$0.value.isEmpty })
    }
    let clock = try Catalog.bundled().deviceFile(named: "tpu-v3").figures.first { $0.key == .clock }
    #expect(clock?.value == "940 MHz")
  }

  @Test func unknownDevicesNameThoseThereAre() throws {
    let error = try #require(throws: ConfigurationError.self) { try Catalog.bundled().device(named: "tpu-v33") }
    #expect(error.key == "device")
    #expect(error.rule.contains("tpu-v2, tpu-v3, tpu-v4"))
  }

  @Test(arguments: [
    ("450 GB/s", RateUnit.bytes, 450e9), ("1 TB/s", .bytes, 1e12), ("656 Gbit/s", .bytes, 82e9),
    ("2 GiB/s", .bytes, 2_147_483_648), ("61.5 TFLOP/s", .operations, 61.5e12), ("1.05 GHz", .cycles, 1.05e9),
  ])
  func ratesCarryTheirUnit(text: String, unit: RateUnit, value: Double) {
    #expect(unit.parse(text) == value)
  }

  @Test(arguments: ["", "450", "450GB/s", "-1 GB/s", "0 GB/s", "nan GB/s", "inf GB/s", "450 TFLOP/s", "1e300 GB/s"])
  func ratesOfAnotherKindAreRefused(text: String) {
    #expect(RateUnit.bytes.parse(text) == nil)
  }
}
