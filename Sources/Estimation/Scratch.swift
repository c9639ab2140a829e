import Synchronization

/// Room for the numbers of one estimate, handed on to the next one: to allocate and to free blocks of its size takes a good part of
/// an estimate's time.
struct Scratch {
  /// Numbers, not initialized.
  let numbers: UnsafeMutablePointer<Int>

  /// Room for at least `count` numbers, until `giveBack`.
  init(count: Int) {
    let room = Idle.shared.room.exchange(nil, ordering: .acquiring)
    if let room, room.pointee >= count {
      numbers = room + Self.header
      return
    }
    room?.deallocate()
    let capacity = max(count, Self.least)
    let made = UnsafeMutablePointer<Int>.allocate(capacity: Self.header + capacity)
    made.initialize(to: capacity)
    numbers = made + Self.header
  }

  /// Leaves the room to the next estimate; numbers are trivial.
  func giveBack() {
    Idle.shared.room.exchange(numbers - Self.header, ordering: .releasing)?.deallocate()
  }

  /// Before the numbers: how many there is room for.
  private static let header = 1
  private static let least = 4096

  /// Room that nobody uses just now: of one estimate, or none. Whoever takes it has it alone.
  private final class Idle: @unchecked Sendable {
    static let shared = Idle()
    let room = Atomic<UnsafeMutablePointer<Int>?>(nil)
  }
}
