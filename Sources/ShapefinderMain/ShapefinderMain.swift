import ShapefinderCommands

@main
enum ShapefinderMain {
  static func main() { ShapefinderCommand.launch() }
}
