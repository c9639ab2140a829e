import Compilation
import WorkerProcess

extension Compiler {
  /// The compiler that a question names; without a name, the one that is found first. Says which file a path or the
  /// installed package means.
  ///
  /// - Parameters:
  ///   - plugin: a pinned version, a path, or `libtpu`; nil if none was given.
  ///   - version: the compiler that the setting asks for, which counts where no plugin was given.
  /// - Throws: `AnswerError`: a missing component if the plugin or the worker is missing.
  package init(plugin: String?, asked version: String?, _ context: AnswerContext) throws {
    do {
      guard let name = plugin ?? version else {
        try self.init(.tpu)
        return
      }
      let worker = try WorkerProgram.find(), found = try PluginChoice(name).plugin()
      if found.fingerprint != nil { context.remark("compiler: \(found.title), \(found.library)") }
      self.init(plugin: found, worker: worker)
    } catch let error as PluginMissing {
      throw AnswerError(error)
    } catch let error as PluginInstallError {
      throw AnswerError(error)
    } catch let error as PluginError {
      throw AnswerError(.missingComponent, "\(error)")
    } catch let error as WorkerError {
      throw AnswerError(error)
    }
  }
}
