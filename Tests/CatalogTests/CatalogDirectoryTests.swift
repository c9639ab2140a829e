import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Catalogs from a folder, as given by `--catalog DIR`.
@Suite final class CatalogDirectoryTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "catalog-\(UUID().uuidString)", directoryHint: .isDirectory)

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: folder) }

  private func write(_ path: String, _ data: Data) throws {
    let url = folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  private func error() -> String? {
    do {
      _ = try Catalog(directory: folder)
      return nil
    } catch {
      return error.description.replacing(folder.relativePath, with: "DIR")
    }
  }

  @Test func filesAddToTheBundledOnesAndReplaceThoseOfTheSameName() throws {
    try write("grids/mine.yaml", Data((BrokenFileTests.grid + "\n").utf8))
    try write("grids/small.yaml", Data((BrokenFileTests.grid + "\n").utf8))
    try write("calibrations/mine.yaml", Data("matrixUnit: {value: 0.85, source: made up}\n".utf8))
    try write("grids/README.md", Data("not read".utf8))
    let catalog = try Catalog(directory: folder)
    #expect(catalog.grids.map(\.name) == ["cpu", "figure8", "large", "mine", "ratios", "small"])
    #expect(try catalog.grid(named: "mine").grid.count == 8)
    #expect(try catalog.grid(named: "small").grid.count == 8)
    #expect(try catalog.shape(named: "ViT-G/14").width == 1664)
    #expect(catalog.devices.count == 8)
    let calibration = try #require(catalog.calibration(named: "mine"))
    #expect(calibration.values == ["matrixUnit": 0.85])
    #expect(calibration.constants.map(\.source) == ["made up"])
    #expect(catalog.calibration(named: "nothing") == nil)
  }

  /// The bundled files are not checked at launch: reading a broken one would trap.
  @Test func everyBundledFileIsWhole() throws {
    let catalog = try Catalog(files: CatalogFile.bundled)
    #expect(catalog.devices.map(\.name) == (try Catalog.bundled()).devices.map(\.name))
    #expect(catalog.grids == (try Catalog.bundled()).grids)
    #expect(CatalogFile.bundled.allSatisfy { $0.part != nil })
    for file in CatalogFile.bundled where file.part == .names { _ = try ShapeNaming(file) }
  }

  @Test func aFileIsParsedWhenItIsAskedFor() throws {
    let broken = ["grids/small.yaml", "devices/tpu-v2.yaml"].map {
      CatalogFile(path: $0, display: "shapes/" + $0, text: "[")
    }
    let files = CatalogFile.bundled.filter { file in !broken.contains { $0.path == file.path } } + broken
    let parts = CatalogParts(files)
    #expect(try parts.devices.first { $0.name == "tpu-v3" }?.content.checked().device.clock == 940e6)
    #expect(try parts.names.reading(ofDevice: "tpu-v2").name == "tpu-v2")
    #expect(try parts.grids.first { $0.name == "figure8" }?.content.checked().grid.marks.count == 2)
    #expect(throws: CatalogError.self) { try parts.check(files) }
    #expect(throws: CatalogError.self) { try parts.check(Array(broken.prefix(1))) }
    #expect(throws: Never.self) { try parts.check([]) }
  }

  @Test func anOwnDeviceStandsBesideTheBundledOnes() throws {
    let device = try #require(CatalogFile.bundled.first { $0.path == "devices/tpu-v3.yaml" }).text
    try write("devices/half.yaml", Data(device.replacing("16624123904", with: "7 GiB").utf8))
    let catalog = try Catalog(directory: folder)
    #expect(try catalog.device(named: "half").usableMemory.description == "7.00 GiB")
    #expect(try catalog.device(named: "tpu-v3").usableMemory.description == "15.48 GiB")
    let reader = ConfigurationReader(directory: catalog)
    #expect(try reader.configuration(#"{"shape": "G/14", "device": "half"}"#).device == "half")
  }

  @Test func ownVariantsWinByNameAndAlias() throws {
    try write(
      "vit.yaml",
      Data(
        """
        variants:
          Mine: {width: 8, depth: 1, mlpWidth: 9, heads: 2, source: me}
          B: {width: 16, depth: 1, mlpWidth: 9, heads: 2, source: me, aliases: [SoViT-400m]}
        """.utf8))
    let catalog = try Catalog(directory: folder)
    #expect(try catalog.shape(named: "Mine/4") == Shape(width: 8, depth: 1, mlpWidth: 9, heads: 2, patch: 4))
    #expect(try catalog.shape(named: "ViT-B/16").width == 16)
    #expect(try catalog.shape(named: "SoViT-400m/14").width == 16)
    #expect(try catalog.shape(named: "So400m/14").width == 1152)
    #expect(try catalog.shape(named: "ViT-G/14").width == 1664)
    #expect(Set(catalog.variants.map(\.name)).count == catalog.variants.count)
  }

  @Test func aMissingFolderIsNamed() throws {
    try FileManager.default.removeItem(at: folder)
    #expect(error() == "DIR: is not a folder; a catalog is a folder like shapes/ of the source")
  }

  @Test func aFileInPlaceOfTheFolderIsNamed() throws {
    try FileManager.default.removeItem(at: folder)
    try Data("x".utf8).write(to: URL(filePath: folder.relativePath))
    #expect(error() == "DIR: is not a folder; a catalog is a folder like shapes/ of the source")
  }

  /// A user's own folder may have other names, also for shapes of its own.
  @Test func namesOfOnesOwnAreRead() throws {
    let own = """
      families:
        - name: mine
          pattern: 'my-(?<size>[a-z]+)-(?<patch>\\d+)(?<rest>(?:-\\d+)?)'
          sizes: {huge: H}
          refused: {giant: is not public}
          source: made up
      """
    try write("names.yaml", Data((own + "\n").utf8))
    let catalog = try Catalog(directory: folder)
    let reading = try catalog.reading(ofShape: "my-huge-14-448")
    #expect(reading.name == "ViT-H/14" && reading.imageSize == 448)
    let refusal = #expect(throws: ConfigurationError.self) { try catalog.reading(ofShape: "my-giant-14") }
    #expect(refusal?.rule == "is not public (read as a name of mine)")
    try write("names.yaml", Data(own.replacing("(?<size>", with: "(?<size").utf8))
    #expect(
      error()?.contains("names.yaml:3:") == true && error()?.contains("must be a regular expression") == true,
      "\(error() ?? "")")
  }

  @Test func aFolderWithoutAnyPartIsAnError() {
    #expect(
      error() == "DIR: holds no catalog: none of vit.yaml, names.yaml, devices/, grids/, calibrations/, accuracy/")
  }

  @Test func bytesThatAreNotUTF8NameTheirPlace() throws {
    try write("grids/x.yaml", Data("summary: a\nsource: ".utf8) + Data([0xC3, 0x28]) + Data("\n".utf8))
    #expect(error() == "DIR/grids/x.yaml:2:9: is not UTF-8")
  }

  @Test func emptyFilesAreNamed() throws {
    try write("devices/x.yaml", Data())
    #expect(error() == "DIR/devices/x.yaml:1:1: is empty")
  }

  @Test func hugeFilesAreRefusedUnread() throws {
    try write("grids/x.yaml", Data(repeating: 0x61, count: (4 << 20) + 1))
    #expect(error() == "DIR/grids/x.yaml: is 4.00 MiB, more than the 4.00 MiB that are read")
  }

  @Test func filesUnderTheCapAreParsedInSeconds() throws {
    let line = "key%: [1, 2, 3, {a: b}]\n"
    var text = ""
    for number in 0..<5_000 { text += line.replacing("%", with: "\(number)") }
    try write("grids/x.yaml", Data(text.utf8))
    let time = ContinuousClock().measure {
      #expect(error()?.hasPrefix("DIR/grids/x.yaml:1:1: key0 is not a known key") == true)
    }
    #expect(time < .seconds(10))
  }

  @Test func aPipeInPlaceOfAFileDoesNotHang() throws {
    try write("grids/y.yaml", Data(BrokenFileTests.grid.utf8))
    try #require(mkfifo(folder.appending(path: "grids/x.yaml").relativePath, 0o600) == 0)
    #expect(error() == "DIR/grids/x.yaml: is not a file that can be read")
  }

  @Test func aDanglingLinkIsNamed() throws {
    try write("vit.yaml", Data("x".utf8))
    try FileManager.default.createDirectory(
      at: folder.appending(path: "devices"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending(path: "devices/x.yaml").relativePath, withDestinationPath: "nowhere.yaml")
    #expect(error()?.hasPrefix("DIR/devices/x.yaml: is not a file that can be read") == true)
  }

  @Test func otherEndingsAreNotSilentlyIgnored() throws {
    try write("grids/x.yml", Data("summary: a".utf8))
    #expect(error() == "DIR/grids/x.yml: must end in .yaml to be read")
  }

  @Test func theBinaryCarriesTheFilesOfTheSource() throws {
    let shapes = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "shapes")
    let onDisk = try CatalogFile.files(in: shapes)
    #expect(onDisk.count >= 11)
    let embedded = CatalogFile.bundled.map { [$0.path, $0.text] }.sorted { $0[0] < $1[0] }
    #expect(embedded == onDisk.map { [$0.path, $0.text] }.sorted { $0[0] < $1[0] })
  }
}
