import Catalog
import Testing
import TrainingStep
import VisionTransformer

@Suite struct ParameterPartsTests {
  /// Bodies as Table 2 of arXiv 2106.04560 has them, in millions; heads and classifiers by hand.
  @Test(arguments: [
    ("ViT-B/16", 86.0, 7.1), ("ViT-L/16", 303, 12.6), ("ViT-H/14", 632, 19.7), ("ViT-g/14", 1011, 25.3),
    ("ViT-G/14", 1843, 38.4),
  ])
  func aBodyIsWhatPeopleMeanByItsName(name: String, body: Double, head: Double) throws {
    let shape = try Catalog.bundled().shape(named: name)
    for kind in Head.allCases {
      let configuration = Configuration(shape: shape, head: kind)
      let total = try StepCounts(configuration).parameters
      let parts = try #require(ParameterParts(configuration, total: total))
      #expect(parts.body + parts.head + parts.classifier == total)
      #expect(parts.classifier == (shape.width + 1) * configuration.classes)
      #expect((Double(parts.body) / 1e6 - body).magnitude < 0.5 + 0.002 * body, "\(parts)")
      #expect(kind == .map ? (Double(parts.head) / 1e6 - head).magnitude < 0.3 : parts.head == 0, "\(parts)")
    }
  }

  /// The head and the classifier are the same whatever the depth, image, optimizer or precision.
  @Test func onlyTheBodyGrowsWithDepth() throws {
    var configuration = Configuration(
      shape: Shape(width: 24, depth: 3, mlpWidth: 40, heads: 2, patch: 4), imageSize: 16, classes: 7, optimizer: .adam,
      precision: .float32)
    let first = try #require(ParameterParts(configuration, total: StepCounts(configuration).parameters))
    configuration.shape.depth = 4
    configuration.imageSize = 32
    let second = try #require(ParameterParts(configuration, total: StepCounts(configuration).parameters))
    #expect(first.head == second.head && first.classifier == second.classifier && first.body < second.body)
    #expect(ParameterParts(configuration, total: 5) == nil)
  }
}
