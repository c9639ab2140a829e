/// A choice of the contract that people may also write with other words.
public protocol NamedChoice: RawRepresentable, CaseIterable, Sendable where RawValue == String {
  /// Other words with the same meaning, in lower case with `-` between their parts.
  static var synonyms: [Synonym<Self>] { get }
  /// Known words with another meaning, each with what to tell the user.
  static var strangers: [String: String] { get }
}

extension NamedChoice {
  /// No synonyms.
  public static var synonyms: [Synonym<Self>] { [] }
  /// No strangers.
  public static var strangers: [String: String] { [:] }
}

/// Another word for a choice.
public struct Synonym<Choice: Sendable>: Sendable {
  /// The word.
  public var word: String
  /// What it means.
  public var choice: Choice
  /// Why it means that, if it is not merely another spelling.
  public var reason: String?
  /// Gradient clipping that the word implies unless another is given.
  public var clipping: GradientClipping?

  init(_ word: String, _ choice: Choice, _ reason: String? = nil, clipping: GradientClipping? = nil) {
    self.word = word
    self.choice = choice
    self.reason = reason
    self.clipping = clipping
  }
}

/// A word and how it was understood.
public struct ChoiceReading<Choice: NamedChoice>: Sendable {
  /// The choice.
  public var choice: Choice
  /// Gradient clipping that the word implies.
  public var clipping: GradientClipping?
  /// `adamw is understood as adam: ...`; nil if the word is the contract's own, in any case.
  public var note: String?

  /// Reads a word: the contract's own in any case and with `_` for `-`, or a synonym.
  ///
  /// - Throws: the rule that the word breaks, with what is known of the word or the nearest valid one.
  public init(_ text: String) throws(NotAChoice) {
    let known = Choice.allCases.map(\.rawValue)
    let word = folded(text)
    if let choice = Choice.allCases.first(where: { $0.rawValue == text || $0.rawValue == word }) {
      self.choice = choice
    } else if let synonym = Choice.synonyms.first(where: { $0.word == word }) {
      choice = synonym.choice
      clipping = synonym.clipping
      note =
        "\(excerpt(of: text)) is understood as \(choice.rawValue)"
        + (clipping.map { " with \($0.rawValue) clipping" } ?? "") + (synonym.reason.map { ": " + $0 } ?? "")
    } else {
      let list = "must be one of " + known.joined(separator: ", ")
      if let sentence = Choice.strangers[word] { throw NotAChoice(rule: list + "; " + sentence) }
      let near = suggestion(for: word, among: known + Choice.synonyms.map(\.word))
      throw NotAChoice(rule: list + near)
    }
  }
}

/// A word that is not one of the choices.
public struct NotAChoice: Error, Sendable, Hashable {
  /// The rule that it breaks, and what to write instead.
  public var rule: String
}

/// A word in lower case with its parts joined by `-`: `Adam_Half` becomes `adam-half`.
private func folded(_ text: String) -> String {
  guard text.utf8.count <= 64 else { return text }
  return String(text.lowercased().map { "_ +".contains($0) ? "-" : $0 })
}

extension Head: NamedChoice {
  /// The names that libraries use.
  public static let synonyms: [Synonym<Head>] = [
    Synonym("tok", .token), Synonym("cls", .token), Synonym("avg", .gap), Synonym("mean", .gap),
  ]
}

extension Optimizer: NamedChoice {
  private static let decoupled = "decoupled weight decay takes no memory"

  /// Optimizers whose step takes the same memory as a known one.
  public static let synonyms: [Synonym<Optimizer>] = [
    Synonym("adamw", .adam, decoupled), Synonym("adamw-torch", .adam, decoupled),
    Synonym("adamw-torch-fused", .adam, decoupled), Synonym("torch.optim.adamw", .adam, decoupled),
    Synonym("optax.adamw", .adam, decoupled),
    Synonym(
      "lamb", .adam, "its moments are Adam's, and the norms it scales by are held as those of clipping",
      clipping: .globalNorm),
    Synonym("half-adam", .adamHalf), Synonym("sgdm", .sgdMomentum), Synonym("momentum", .sgdMomentum),
    Synonym("nesterov", .sgdMomentum, "the gradient looked ahead takes no memory of its own"),
    Synonym("sgd-nesterov", .sgdMomentum, "the gradient looked ahead takes no memory of its own"),
  ]

  /// Optimizers that have another cost, or only about the same.
  public static let strangers: [String: String] = [
    "lion": "Lion keeps one moment a parameter, which sgd-momentum does in float32",
    "lars": "LARS keeps one momentum a parameter, as sgd-momentum does",
    "muon": "Muon keeps one momentum a parameter, as sgd-momentum does, and Adam's two where it does not apply",
    "rmsprop": "RMSProp without momentum keeps one float32 moment a parameter, as sgd-momentum does",
    "nadam": "NAdam keeps two float32 moments a parameter, as adam does",
    "adamax": "AdaMax keeps two float32 moments a parameter, as adam does",
    "radam": "RAdam keeps two float32 moments a parameter, as adam does",
    "adagrad": "AdaGrad keeps one float32 sum a parameter, as sgd-momentum keeps its momentum",
    "adam8bit": "no optimizer with 8-bit moments is modelled; adafactor has the least state",
    "adamw8bit": "no optimizer with 8-bit moments is modelled; adafactor has the least state",
    "adam-8bit": "no optimizer with 8-bit moments is modelled; adafactor has the least state",
    "adamw-8bit": "no optimizer with 8-bit moments is modelled; adafactor has the least state",
    "shampoo": "its preconditioners are not modelled",
  ]
}

extension Precision: NamedChoice {
  /// The names that frameworks use.
  public static let synonyms: [Synonym<Precision>] = [
    Synonym("bf16", .bfloat16), Synonym("bf16-mixed", .bfloat16), Synonym("fp32", .float32), Synonym("f32", .float32),
    Synonym("single", .float32),
  ]

  /// Formats with another range or width, and names for more than one format.
  public static let strangers: [String: String] = {
    let half = "float16 has another range and takes loss scaling; bfloat16 has the same bytes"
    let mixed = "with bfloat16 activations and float32 parameters, which is what is meant by mixed, say bfloat16"
    return [
      "fp16": half, "float16": half, "f16": half, "half": half, "amp": mixed, "mixed": mixed,
      "tf32": "tf32 is how a GPU multiplies float32; activations take the bytes of float32",
      "fp64": "float64 is not modelled", "float64": "float64 is not modelled",
      "fp8": "8-bit activations are not modelled", "int8": "8-bit activations are not modelled",
    ]
  }()
}

extension GradientClipping: NamedChoice {
  /// Ways to write "off" and the global norm.
  public static let synonyms: [Synonym<GradientClipping>] = [
    Synonym("off", .none), Synonym("norm", .globalNorm), Synonym("global", .globalNorm),
  ]

  /// What to answer to a number.
  public static let strangers = [
    "1.0": "the norm that is clipped to takes no memory: say global-norm",
    "1": "the norm that is clipped to takes no memory: say global-norm",
  ]
}

extension Rematerialization: NamedChoice {
  /// Short forms.
  public static let synonyms: [Synonym<Rematerialization>] = [Synonym("auto", .automatic), Synonym("off", .none)]
}

extension Layers: NamedChoice {
  /// Verb forms.
  public static let synonyms: [Synonym<Layers>] = [
    Synonym("scan", .scanned), Synonym("unroll", .unrolled), Synonym("loop", .scanned),
  ]
}
