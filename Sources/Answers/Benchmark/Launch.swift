import Foundation

/// A child process from launch to exit, without its output: started and awaited with two calls, so that waiting adds
/// nothing to what is timed.
struct Launch: Sendable {
  /// A file, or a name that is looked up in `PATH`.
  var program: String
  var arguments: [String] = []

  /// Runs it and returns the seconds it took.
  ///
  /// - Throws: `AnswerError` if it cannot be started or fails.
  func seconds() throws(AnswerError) -> Double {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Standard output and errors.
    for descriptor: Int32 in 1...2 {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    let environment = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in words + environment { free(text) } }
    let start = ContinuousClock.now
    var child: pid_t = 0, status: Int32 = 0
    let failure = posix_spawnp(&child, program, &actions, nil, words, environment)
    guard failure == 0 else {
      throw AnswerError(.failure, "\(program) cannot be started: \(String(cString: strerror(failure)))")
    }
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard status == 0 else {
      // An exit status stands in the second byte, a signal in the first.
      throw AnswerError(
        .failure, "\(arguments.joined(separator: " ")) ended with \(status > 255 ? status >> 8 : 128 + status)")
    }
    return seconds
  }
}
