import Testing
import VisionTransformer

@Suite struct AttentionWriteTests {
  @Test func aPrecisionMayHaveARatio() {
    #expect(AttentionWrite(parsing: "float32") == AttentionWrite(.float32, above: 0))
    #expect(AttentionWrite(parsing: "bfloat16 above 5.4") == AttentionWrite(.bfloat16, above: 5.4))
  }

  @Test(arguments: [
    "", "half", "bfloat16 above", "bfloat16 above -1", "bfloat16 above nan", "bfloat16 above inf", "bfloat16 over 2",
    "bfloat16 above 2 3", "5.4",
  ])
  func anythingElseIsRefused(text: String) { #expect(AttentionWrite(parsing: text) == nil) }
}
