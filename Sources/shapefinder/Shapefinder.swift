import ShapefinderCommands

@main
enum Shapefinder {
  static func main() { ShapefinderCommand.launch() }
}
