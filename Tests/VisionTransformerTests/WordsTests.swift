import Testing
import VisionTransformer

/// Words that every message is made of.
struct WordsTests {
  @Test(arguments: [
    (0, "0 configurations"), (1, "1 configuration"), (2, "2 configurations"), (29_593, "29,593 configurations"),
  ])
  func oneThingIsSingular(count: Int, text: String) { #expect(counted(count, "configuration") == text) }

  @Test func aPluralOfItsOwnIsGiven() {
    #expect(counted(1, "class", many: "classes") == "1 class")
    #expect(counted(1000, "class", many: "classes") == "1,000 classes")
    #expect(counted(1, "fits", many: "fit") == "1 fits" && counted(0, "fits", many: "fit") == "0 fit")
  }

  @Test(arguments: [
    ("batch", "0", "must be between 1 and 8", "batch: 0 is not valid: must be between 1 and 8"),
    (nil, "7", "must be a mapping", "7 is not valid: must be a mapping"),
    ("shape", "\"X\"", "is not a known shape", "shape: \"X\" is not a known shape"),
    ("batches", "7", "is not a known key; known: batch", "batches is not a known key; known: batch"),
    (nil, "this line", "is not JSON", "this line is not JSON"),
    (nil, "ViT-S/16", "it was killed", "ViT-S/16: it was killed"),
    ("shape", ConfigurationError.noValue, "is required", "shape is required"),
  ])
  func aRuleIsPartOfASentence(key: String?, value: String, rule: String, text: String) {
    #expect(notValid(key, value, rule) == text)
  }
}
