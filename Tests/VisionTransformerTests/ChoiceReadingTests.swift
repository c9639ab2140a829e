import Testing
import VisionTransformer

/// Words that people have for the choices of the contract.
@Suite struct ChoiceReadingTests {
  @Test(arguments: [
    ("adam", Optimizer.adam, GradientClipping?.none, String?.none), ("Adam", .adam, nil, nil),
    ("ADAM_HALF", .adamHalf, nil, nil), ("sgd", .sgd, nil, nil), ("sgd_momentum", .sgdMomentum, nil, nil),
    ("AdamW", .adam, nil, "AdamW is understood as adam: decoupled weight decay takes no memory"),
    ("lamb", .adam, .globalNorm, "is understood as adam with global-norm clipping: its moments are Adam's"),
    ("momentum", .sgdMomentum, nil, "is understood as sgd-momentum"), ("SGD+momentum", .sgdMomentum, nil, nil),
    ("nesterov", .sgdMomentum, nil, "takes no memory of its own"),
  ])
  func optimizers(
    _ text: String, _ choice: Optimizer, _ clipping: GradientClipping?, _ note: String?
  ) throws {
    let reading = try ChoiceReading<Optimizer>(text)
    #expect(reading.choice == choice && reading.clipping == clipping)
    if let note { #expect(reading.note?.contains(note) == true, "\(reading)") } else { #expect(reading.note == nil) }
  }

  @Test(arguments: [
    ("bf16", Precision.bfloat16), ("BF16", .bfloat16), ("fp32", .float32), ("f32", .float32), ("Float32", .float32),
  ])
  func precisions(_ text: String, _ choice: Precision) throws {
    #expect(try ChoiceReading<Precision>(text).choice == choice)
  }

  @Test(arguments: [("cls", Head.token), ("avg", .gap), ("GAP", .gap), ("MAP", .map)])
  func heads(_ text: String, _ choice: Head) throws { #expect(try ChoiceReading<Head>(text).choice == choice) }

  /// What is known and means something else is told what it is.
  @Test(arguments: [
    ("lion", "Lion keeps one moment a parameter"), ("adamw-8bit", "no optimizer with 8-bit moments is modelled"),
    ("adamm", #"did you mean "adam"?"#), ("adafcator", #"did you mean "adafactor"?"#),
    ("sgd-momentun", #"did you mean "sgd-momentum"?"#),
  ])
  func otherOptimizersAreRefusedWithWhatTheyAre(_ text: String, _ part: String) {
    let error = #expect(throws: NotAChoice.self) { try ChoiceReading<Optimizer>(text) }
    #expect(error?.rule.hasPrefix("must be one of sgd, sgd-momentum, adam, adam-half, adafactor") == true)
    #expect(error?.rule.contains(part) == true, "\(error?.rule ?? "")")
  }

  @Test(arguments: ["fp16", "float16", "tf32", "fp8", "mixed"]) func otherFormatsAreRefused(_ text: String) {
    let error = #expect(throws: NotAChoice.self) { try ChoiceReading<Precision>(text) }
    #expect(error?.rule.contains("; ") == true)
  }

  /// A word has one meaning: it is no other choice's, and no stranger.
  @Test func everyWordHasOneMeaning() {
    func check<Choice: NamedChoice>(_ type: Choice.Type) where Choice: Equatable {
      let words = Choice.allCases.map(\.rawValue) + Choice.synonyms.map(\.word) + Choice.strangers.keys
      #expect(Set(words).count == words.count, "\(type)")
      #expect(words.allSatisfy { $0 == $0.lowercased() && !$0.contains("_") && !$0.contains(" ") })
      for synonym in Choice.synonyms { #expect((try? ChoiceReading<Choice>(synonym.word))?.choice == synonym.choice) }
    }
    check(Head.self)
    check(Optimizer.self)
    check(Precision.self)
    check(GradientClipping.self)
    check(Rematerialization.self)
    check(Layers.self)
  }

  /// What is asked for wins over what the optimizer's name brings along.
  @Test func explicitClippingWins() throws {
    #expect(try configuration(#"{"shape": "ViT-G/14", "optimizer": "lamb"}"#).gradientClipping == .globalNorm)
    #expect(
      try configuration(#"{"shape": "ViT-G/14", "optimizer": "lamb", "gradientClipping": "none"}"#).gradientClipping
        == .none)
    #expect(try configuration(#"{"shape": "ViT-G/14", "optimizer": "adamw"}"#).gradientClipping == .none)
  }
}
