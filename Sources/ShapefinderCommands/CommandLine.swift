import Answers
import VisionTransformer

/// The command line as it could be typed again.
var commandLine: String {
  (["shapefinder"] + CommandLine.arguments.dropFirst().map(shellWord)).joined(separator: " ")
}
