import Estimation
import EvidenceStore
import Reporting
import Selection
import VisionTransformer

/// The answer to "which shape should I train".
package struct SelectAnswer {
  /// The report.
  package let report: SelectionReport
  /// The selected results, to be stored.
  package var results: [StepResult] { report.choices.map(\.result) }

  /// The parts of a configuration's answer that are kept during the search.
  struct Kept {
    var result: StepResult
    var compiled: StepResult?
  }

  /// Searches a grid's estimates.
  ///
  /// - Parameters:
  ///   - known: compilers' known answers, which settle what fits; nil to use none.
  ///   - progress: receives the number of configurations that have been walked.
  /// - Throws: `AnswerError` that names the option and the rule, or after a stop signal.
  package init(
    _ question: SelectQuestion, _ searched: SearchedGrid, known: KnownCompiles?, _ context: AnswerContext,
    progress: @escaping (Int) -> Void = { _ in }
  ) throws {
    var selections = try Self.selections(question, searched, context)
    let walk = GridWalk(searched: searched, filter: .init(), known: known, stop: context.stop, progress: progress)
    do {
      _ = try walk.run { finding in
        let estimate = finding.estimate
        let figures = SelectionFigures(
          shape: finding.configuration.shape, batch: finding.configuration.batch, verdict: finding.verdict,
          parameterCount: estimate.parameterCount, flopsPerImage: estimate.flopsPerImage,
          stepSeconds: estimate.stepSeconds, total: estimate.total, limit: estimate.limit)
        selections[finding.setting].insert(
          figures, Kept(result: walk.result(finding), compiled: finding.dearer?.result))
        return true
      }
    } catch let stop as Stopped {
      throw stop.interrupted(kept: nil)
    }
    report = try Self.report(question, searched, selections, evidence: .estimated, context)
  }

  /// Searches a store's results for a grid: the newest result of each configuration that has a time.
  ///
  /// - Parameter host: the machine whose measurements count, by its name or a part of its description; nil if all are of one
  ///   kind.
  /// - Throws: `AnswerError`, `StoreError`.
  package init(
    _ question: SelectQuestion, _ searched: SearchedGrid, from store: EvidenceStore, _ evidence: EvidenceKind,
    host: String?, _ context: AnswerContext
  ) throws {
    var selections = try Self.selections(question, searched, context)
    // Of a compiler only what it says when asked as usual, as everywhere else.
    let compiles = evidence == .compiled ? try KnownCompiles(context.catalog, in: store) : nil
    let hosts = evidence == .measured ? try store.alikeHosts(named: host) : []
    let timed = try store.evidence(evidence).compactMap { stored in
      compiles.map { $0[stored.configuration] } ?? stored
    }.filter { $0.stepSeconds != nil && (hosts.isEmpty || hosts.contains(MeasuringHost($0.provenance))) }
    let templates = searched.grid.settings.map(\.template.apartFromAxes)
    let axes = searched.grid.axes
    for result in timed.newest {
      let configuration = result.configuration
      guard let step = result.stepSeconds, let setting = templates.firstIndex(of: configuration.setting.apartFromAxes),
        axes.batch.fixedValues.contains(configuration.batch),
        axes.imageSize.fixedValues.contains(configuration.imageSize), searched.grid.contains(configuration.shape)
      else { continue }
      let figures = SelectionFigures(
        shape: configuration.shape, batch: configuration.batch, verdict: result.verdict,
        parameterCount: result.parameterCount, flopsPerImage: result.flopsPerImage.count, stepSeconds: step.value,
        total: result.memory.total.count, limit: result.memory.limit.count)
      selections[setting].insert(figures, Kept(result: result))
    }
    guard selections.contains(where: { $0.offered > 0 }) else {
      throw AnswerError(
        .badData,
        "\(store.path) has no \(evidence.rawValue) result with a time of \(searched.title) in its settings: "
          + (evidence == .measured ? "measure" : "compile") + " some first, or leave out --from-store")
    }
    report = try Self.report(question, searched, selections, evidence: evidence, context)
  }

  /// An empty selection for each setting.
  private static func selections(
    _ question: SelectQuestion, _ searched: SearchedGrid, _ context: AnswerContext
  ) throws -> [ShapeSelection<Kept>] {
    let run = try question.checkedRun()
    let rule = try question.selectionRule(searched.grid, context)
    return try searched.estimators.map { estimator in
      _ = try question.budget.run(on: estimator.device)
      return ShapeSelection(
        rule,
        SelectionConstraints(question.bounds, run: run, devicesPerChip: estimator.device.devicesPerChip),
        capacity: question.limit)
    }
  }

  private static func report(
    _ question: SelectQuestion, _ searched: SearchedGrid, _ selections: [ShapeSelection<Kept>],
    evidence: EvidenceKind, _ context: AnswerContext
  ) throws -> SelectionReport {
    let names = names(searched, context)
    let plan = try TrainingPlan(question.budget)
    let settings = selections.enumerated().map { index, selection in
      let words = SelectionWords(question, searched.estimators[index].device)
      var setting = SelectionReport.Setting(
        title: searched.grid.settings[index].title, device: searched.estimators[index].device)
      setting.offered = selection.offered
      setting.eligible = selection.eligible
      func choice(_ rank: Int?, _ figures: SelectionFigures, _ kept: Kept) -> SelectionReport.Choice {
        var choice = SelectionReport.Choice(
          rank: rank, setting: setting.title, result: kept.result, compiled: kept.compiled)
        if case .alongRay(let ray) = selection.rule {
          for dimension in ray.exponents.keys {
            choice.growth[dimension] = ray.growth(of: dimension, in: figures.shape)
          }
        }
        choice.isOnFront = rank == nil || selection.front.contains(figures)
        choice.name = names[figures.shape]
        choice.training = plan?.cost(kept.result, on: setting.device)
        return choice
      }
      let first = selection.selected.first?.figures
      setting.choices = selection.selected.enumerated().map { place, selected in
        var choice = choice(place + 1, selected.figures, selected.element)
        choice.why = words.why(selected.figures, first: place == 0 ? nil : first, selection)
        if evidence == .estimated {
          choice.neighbours = neighbours(of: selected.element.result, searched, searched.estimators[index])
        }
        return choice
      }
      setting.front = selection.front.members.map { figures, kept in
        choice(selection.selected.firstIndex { $0.figures == figures }.map { $0 + 1 }, figures, kept)
      }
      setting.limits = words.limits(selection)
      return setting
    }
    return SelectionReport(
      title: searched.title, rule: SelectionWords.rule(question), evidence: evidence, settings: settings,
      wholeRuns: settings.lazy.compactMap { plan?.wholeRuns(on: $0.device) }.first)
  }

  /// Names of the catalog's shapes with the grid's patches.
  private static func names(_ searched: SearchedGrid, _ context: AnswerContext) -> [Shape: String] {
    var names: [Shape: String] = [:]
    for variant in context.catalog.variants {
      for patch in searched.grid.axes.patch.fixedValues {
        names[variant.shape(patch: patch)] = variant.shapeName(patch: patch)
      }
    }
    return names
  }

  /// The effects of one step of the grid in each dimension, with the larger step of each dimension before the smaller
  /// one.
  private static func neighbours(
    of result: StepResult, _ searched: SearchedGrid, _ estimator: Estimator
  ) -> [SelectionReport.Neighbour] {
    let own = result.configuration.shape, axes = searched.grid.axes
    var neighbours: [SelectionReport.Neighbour] = []
    for (axis, key) in [(Grid.Key.width, Configuration.ShapeKey.width), (.depth, .depth), (.mlpWidth, .mlpWidth)] {
      let values = axes[axis].values(width: own.width).sorted()
      for value in [values.first { $0 > own[key] }, values.last { $0 < own[key] }].compactMap(\.self) {
        var configuration = result.configuration
        configuration.shapeName = nil
        switch key {
        case .width: configuration.shape.width = value
        case .depth: configuration.shape.depth = value
        case .mlpWidth: configuration.shape.mlpWidth = value
        case .heads, .patch: continue
        }
        guard searched.grid.contains(configuration.shape) else { continue }
        let estimate = estimator.estimate(configuration)
        neighbours.append(
          SelectionReport.Neighbour(
            key: key, value: value, verdict: estimate.verdict, total: Bytes(estimate.total),
            limit: Bytes(estimate.limit),
            parameters: Double(estimate.parameterCount) / Double(max(1, result.parameterCount)) - 1,
            speed: Double(configuration.batch) / estimate.stepSeconds / (result.imagesPerSecond ?? .infinity) - 1))
      }
    }
    return neighbours
  }
}
