import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Names that other libraries have for these shapes: `shapes/names.yaml`.
@Suite struct ShapeNamingTests {
  let catalog: Catalog

  init() throws { catalog = try Catalog.bundled() }

  /// A name, the shape it is here, and the side of the image that it says.
  static let names: [(name: String, shape: String, imageSize: Int?)] = [
    // timm, vision_transformer.py and deit.py.
    ("vit_tiny_patch16_224", "ViT-Ti/16", 224), ("vit_small_patch32_384", "ViT-S/32", 384),
    ("vit_base_patch16_224.augreg_in21k", "ViT-B/16", 224), ("vit_base_patch8_224", "ViT-B/8", 224),
    ("vit_large_patch16_224", "ViT-L/16", 224), ("timm/vit_large_patch14_clip_336.openai", "ViT-L/14", 336),
    ("hf-hub:timm/vit_base_patch32_clip_quickgelu_224.openai", "ViT-B/32", 224),
    ("vit_huge_patch14_gap_224.in1k_ijepa", "ViT-H/14", 224), ("vit_giant_patch14_224", "ViT-g/14", 224),
    ("vit_gigantic_patch14_clip_224.laion2b_ft_in1k", "ViT-G/14", 224),
    ("vit_so400m_patch14_siglip_384", "ViT-So400m/14", 384), ("vit_base_patch14_dinov2.lvd142m", "ViT-B/14", nil),
    ("deit_small_patch16_224", "ViT-S/16", 224), ("deit3_huge_patch14_224.fb_in22k_ft_in1k", "ViT-H/14", 224),
    // OpenCLIP and CLIP.
    ("ViT-B-16", "ViT-B/16", nil), ("ViT-L-14", "ViT-L/14", nil), ("ViT-L-14-336", "ViT-L/14", 336),
    ("ViT-L/14@336px", "ViT-L/14", 336), ("ViT-H-14-quickgelu", "ViT-H/14", nil), ("ViT-g-14", "ViT-g/14", nil),
    ("ViT-bigG-14", "ViT-G/14", nil), ("ViT-SO400M-14-SigLIP-384", "ViT-So400m/14", 384), ("ViT-e-14", "ViT-e/14", nil),
    ("laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", "ViT-G/14", nil),
    // Hugging Face.
    ("google/vit-base-patch16-224", "ViT-B/16", 224), ("google/vit-huge-patch14-224-in21k", "ViT-H/14", 224),
    ("google/siglip-so400m-patch14-384", "ViT-So400m/14", 384), ("facebook/dinov2-large", "ViT-L/14", nil),
    ("facebook/vit-mae-huge", "ViT-H/14", nil), ("openai/clip-vit-large-patch14-336", "ViT-L/14", 336),
    ("facebook/dino-vitb8", "ViT-B/8", nil), ("facebook/deit-base-patch16-384", "ViT-B/16", 384),
    // torchvision, vit_jax and big_vision.
    ("vit_b_16", "ViT-B/16", nil), ("vit_h_14", "ViT-H/14", nil), ("ViT-B_16", "ViT-B/16", nil),
    ("ViT-L_32", "ViT-L/32", nil), ("So400m/14@224", "ViT-So400m/14", 224),
  ]

  @Test(arguments: names) func aNameIsTheShapeThatItsLibraryHas(_ name: String, _ shape: String, _ side: Int?) throws {
    let reading = try catalog.reading(ofShape: name)
    #expect(reading.name == shape && reading.imageSize == side)
    #expect(try reading.shape == catalog.shape(named: shape))
    #expect(reading.note?.hasPrefix("\(name) is understood as \(shape)") == true, "\(reading.note ?? "")")
    #expect(catalog.canonicalName(ofShape: name) == shape)
  }

  @Test func theCatalogsOwnNamesSayNothingMore() throws {
    for named in catalog.namedShapes {
      #expect(try catalog.reading(ofShape: named.name) == ShapeReading(shape: named.shape, name: named.name))
    }
  }

  /// A name of something else is told what that is, not taken for a shape that is near.
  @Test(arguments: [
    ("vit_giant_patch14_dinov2", "gated MLP"), ("dinov2_vitg14", "gated MLP"),
    ("facebook/dinov2-with-registers-base", "4 register tokens"), ("vit_base_patch16_reg4_gap_256", "register tokens"),
    ("deit_base_distilled_patch16_224", "distillation"), ("ViT-B-16-plus-240", "wider than ViT-B"),
    ("vit_base_patch16_rope_224", "rotary positions"), ("vit_base_patch16_frobnicated_224", #""frobnicated""#),
  ])
  func whatIsNoShapeHereIsRefusedWithItsReason(_ name: String, _ reason: String) {
    let error = #expect(throws: ConfigurationError.self) { try catalog.reading(ofShape: name) }
    #expect(error?.key == "shape" && error?.rule.contains(reason) == true, "\(error?.rule ?? "")")
  }

  @Test(arguments: [
    "resnet50", "swin_base_patch4_window7_224", "convnext_base", "ViT", "vit_base", "ViT-B-0", "ViT-B-99999",
  ])
  func otherNamesAreUnknownShapes(_ name: String) {
    let error = #expect(throws: ConfigurationError.self) { try catalog.reading(ofShape: name) }
    #expect(error?.key == "shape")
  }

  @Test func aNoteSaysWhoseNameItIs() throws {
    let note = try catalog.reading(ofShape: "ViT-L/14@336px").note
    #expect(note == "ViT-L/14@336px is understood as ViT-L/14 at 336 px, after CLIP; options win over the name")
  }

  /// Options and keys win over what a name says.
  @Test func anImageSizeThatIsGivenWinsOverTheName() throws {
    let json = #"{"shape": "vit_large_patch16_384", "imageSize": 224}"#
    #expect(try Configuration(LooseValue(json: json), directory: catalog).imageSize == 224)
    let own = try Configuration.reading(LooseValue(json: #"{"shape": "vit_large_patch16_384"}"#), directory: catalog)
    #expect(own.configuration.imageSize == 384 && own.configuration.shapeName == "ViT-L/16")
    #expect(
      own.notes == ["vit_large_patch16_384 is understood as ViT-L/16 at 384 px, after timm; options win over the name"])
  }

  /// A name costs the same whether it is one or none: readers of files meet both by the thousand.
  @Test func namesByTheThousandAreReadAtOnce() throws {
    let start = ContinuousClock.now
    for index in 0..<2000 {
      #expect(throws: ConfigurationError.self) {
        try catalog.reading(ofShape: "model_\(index)_\(String(repeating: "a-", count: 30))")
      }
      _ = try catalog.reading(ofShape: "vit_large_patch16_384")
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
