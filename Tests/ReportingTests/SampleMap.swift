import VisionTransformer

@testable import Reporting

extension Sample {
  /// A made-up map of the figure's extent: bytes and speed by rough counts, good for looking at and for nothing else.
  static func map(
    widths: [Int] = Array(stride(from: 512, through: 2560, by: 64)), depths: [Int] = Array(1...100),
    mlpWidths: [Int] = Array(stride(from: 1024, through: 12_288, by: 1024)), heads: [Int] = [8, 16, 32]
  ) -> FitMap {
    var map = FitMap(
      title: "figure8 on a tpu-v3 core: 8 images a core, 224 px, patch 14, 29,593 classes",
      settings: ["class token, Adam", "MAP head, half-precision Adam", "MAP head, Adafactor"],
      marks: [
        .init(label: "g", name: "ViT-g/14", shape: small), .init(label: "G", name: "ViT-G/14", shape: giant),
      ],
      provenance: "estimated; model 1; speaks for libtpu 0.0.17.1")
    for heads in heads {
      for mlpWidth in mlpWidths {
        for width in widths {
          for depth in depths {
            let shape = Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: 14)
            for setting in 0..<3 { insert(shape, setting, into: &map) }
          }
        }
      }
    }
    return map
  }

  private static func insert(_ shape: Shape, _ setting: Int, into map: inout FitMap) {
    let parameters =
      shape.depth * (4 * shape.width * shape.width + 2 * shape.width * shape.mlpWidth) + 29_593 * shape.width
    let perParameter = [12.4, 10.4, 6.1][setting]
    let tokens = setting == 0 ? 384 : 256
    let kept = shape.depth * 8 * 256 * (shape.heads * tokens + 6 * shape.width + shape.mlpWidth) * 2
    let bytes = Double(parameters) * perParameter + Double(kept) * 0.4
    let limit = 15.48 * 0x1p30
    let verdict: Verdict = bytes < 0.985 * limit ? .fits : bytes < 1.015 * limit ? .uncertain : .doesNotFit
    let seconds = Double(parameters) * 6 * 256 * 8 / 35e12 + 2e-3 * Double(shape.depth)
    map.insert(shape, setting: setting, verdict: verdict, imagesPerSecond: 8 / seconds)
  }
}

extension FitMap {
  /// An answer of a map that has one batch and one image size.
  mutating func insert(_ shape: Shape, setting: Int, verdict: Verdict, imagesPerSecond: Double?) {
    insert(shape, batch: 8, imageSize: 224, setting: setting, verdict: verdict, imagesPerSecond: imagesPerSecond)
  }
}

extension FitMap.Panel {
  /// A panel of plain numbers.
  init(heads: Int = 16, mlpWidth: Int = 4096, batch: Int = 8, patch: Int = 14) {
    self.init(batch: batch, imageSize: 224, patch: patch, heads: .value(heads), mlpWidth: .value(mlpWidth))
  }
}
