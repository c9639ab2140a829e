import ArgumentParser

/// Options whose value may begin with a minus, so that an error can say what is wrong with it.
extension Option {
  /// An option of which `transform` makes a value.
  init<Given>(
    _ abstract: String, _ valueName: String, visibility: ArgumentVisibility = .default,
    transform: @escaping @Sendable (String) throws -> Given
  ) where Value == Given? {
    self.init(
      parsing: .unconditional, help: ArgumentHelp(abstract, valueName: valueName, visibility: visibility),
      transform: transform)
  }

  /// An option that is read as its type says.
  init<Given: ExpressibleByArgument>(
    _ abstract: String, _ valueName: String, visibility: ArgumentVisibility = .default
  ) where Value == Given? {
    self.init(parsing: .unconditional, help: ArgumentHelp(abstract, valueName: valueName, visibility: visibility))
  }
}
