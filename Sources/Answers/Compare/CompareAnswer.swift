import Catalog
import Estimation
import EvidenceStore
import Reporting
import Selection
import VisionTransformer

/// A comparison of shapes: for each one, the answer of `check` and its measurements.
package struct CompareAnswer {
  private var answers: [CheckAnswer]
  private var measured: [[CompareReport.Measured]]
  private let catalog: Catalog

  /// The answer to a question, without evidence from a store.
  ///
  /// - Throws: `AnswerError` that names the key, its value and the rule; `CatalogError` for a model's file.
  package init(_ question: CompareQuestion, _ context: AnswerContext) throws {
    let plan = try TrainingPlan(question.budget)
    catalog = context.catalog
    var estimators = Estimators(context.catalog)
    answers = []
    for configuration in try question.configurations(context) {
      let estimator: Estimator
      do throws(ConfigurationError) { estimator = try estimators.estimator(for: configuration) } catch {
        throw AnswerError(error)
      }
      var answer = CheckAnswer(estimator, configuration)
      try plan?.check(answer.estimator.device)
      answer.plan = plan
      answers.append(answer)
    }
    measured = answers.map { _ in [] }
  }

  /// Adds a store's evidence on each shape: the compiler's answer, as in `check`, and the measurements of trials.
  ///
  /// - Throws: `StoreError`.
  package mutating func consult(_ store: EvidenceStore) throws {
    for index in answers.indices {
      let answer = answers[index], configuration = answer.configuration, device = answer.estimator.device
      answers[index].compiled = try KnownCompiles(catalog, of: configuration, in: store)[configuration]
      let trials = try store.evidence(.measured, of: device.isHost ? configuration.asMeasured : configuration)
      var places: Set<[String?]> = []
      measured[index] = trials.filter { places.insert([$0.provenance.host, $0.provenance.speaksFor]).inserted }
        .map { CompareReport.Measured($0, cost: answer.plan?.cost($0, on: device)) }
    }
  }

  /// What is compared.
  package var configurations: [Configuration] { answers.map(\.configuration) }

  /// The rows, grouped by device.
  package var rows: [CompareReport.Row] {
    let inputs = answers.map { answer in
      var input = answer.brief
      input.room = FitAdvisor(answer.estimator).roomForBatch(answer.configuration, laysOut: true)
      return input
    }
    return inputs.enumerated().map { index, input in
      let first = inputs.first { $0.result.configuration.device == input.result.configuration.device }
      var row = CompareReport.Row(input, measured: measured[index], first: first ?? input)
      if let batch = input.room?.largest, batch > 0 {
        var full = input.result.configuration
        full.batch = batch
        row.full = answers[index].estimator.result(for: full)
      }
      return row
    }
  }

  /// Whether none of them fits on any device, according to the most expensive evidence that settles it.
  package var nothingFits: Bool { answers.allSatisfy { $0.verdict == .doesNotFit } }
}
