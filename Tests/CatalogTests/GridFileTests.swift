import Testing
import VisionTransformer

@testable import Catalog

@Suite struct GridFileTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  @Test func figure8HasThePapersAxesAndSettings() throws {
    let grid = try catalog.grid(named: "figure8").grid
    #expect(grid.axes.depth.fixedValues == Array(1...100))
    #expect(grid.axes.width.fixedValues == Array(stride(from: 512, through: 2560, by: 64)))
    #expect(grid.axes.mlpWidth.fixedValues == Array(stride(from: 1024, through: 12288, by: 1024)))
    #expect(grid.axes.heads.fixedValues == [8, 16, 32])
    #expect(grid.axes.patch.fixedValues == [14])
    #expect(grid.axes.batch.fixedValues == [8])
    #expect(grid.axes.imageSize.fixedValues == [224])
    #expect(grid.settings.map(\.colour) == [.orange, .green, .blue])
    #expect(grid.settings.map(\.template.head) == [.token, .map, .map])
    #expect(grid.settings.map(\.template.optimizer) == [.adam, .adamHalf, .adafactor])
    #expect(grid.settings.allSatisfy { $0.template.classes == 29_593 && $0.template.device == "tpu-v3" })
    #expect(grid.count == 33 * 12 * 3 * 3 * 100)
    #expect(grid.tally.skipped == 0)
    #expect(grid.marks.map(\.name) == ["ViT-g/14", "ViT-G/14"])
  }

  @Test func gAndGLieOnFigure8() throws {
    let grid = try catalog.grid(named: "figure8").grid
    for name in ["ViT-g/14", "ViT-G/14"] {
      let shape = try catalog.shape(named: name)
      #expect(grid.contains(shape))
      let settings = grid.configurations.filter { $0.shape == shape }.map(\.optimizer)
      #expect(settings == [.adam, .adamHalf, .adafactor])
    }
    #expect(!grid.contains(try catalog.shape(named: "ViT-B/14")))
  }

  @Test func bundledGridsYieldWhatTheyCountAndOnlyValidConfigurations() throws {
    for file in catalog.grids where file.name != "figure8" {
      var count = 0
      var seen: Set<Configuration> = []
      for configuration in file.grid.configurations {
        count += 1
        #expect(throws: Never.self) { try configuration.validated() }
        seen.insert(configuration)
      }
      #expect(count == file.grid.count)
      #expect(seen.count == count)
      #expect(!file.source.isEmpty)
    }
    #expect(catalog.grids.map(\.name) == ["cpu", "figure8", "large", "ratios", "small"])
    #expect(try catalog.grid(named: "small").grid.count == 192)
    #expect(try catalog.grid(named: "cpu").grid.count >= 60)
  }

  @Test func ratiosRoundToTheMultiple() throws {
    let grid = try catalog.grid(named: "ratios").grid
    let column = try #require(grid.columns.first { $0.configuration.shape.width == 640 })
    #expect(column.configuration.shape.heads == 10)
    #expect(
      grid.axes.mlpWidth.values(width: 640) == [1920, 2304, 2560, 2944, 3200, 3584, 3840].map { ($0 + 64) / 128 * 128 })
    #expect(grid.columns.allSatisfy { $0.configuration.shape.mlpWidth % 128 == 0 })
  }

  @Test func unknownGridsNameThoseThereAre() throws {
    let error = try #require(throws: ConfigurationError.self) { try catalog.grid(named: "figure-9") }
    #expect(error.rule.contains("cpu, figure8, large, ratios, small"))
    #expect(error.rule.contains(#"did you mean "figure8""#))
    for name in ["figure-8", "Fig8", "FIGURE8"] { #expect(try catalog.grid(named: name).name == "figure8") }
  }
}
