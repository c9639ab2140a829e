import Synchronization

/// Memory for the numbers of one estimate, reused by the next: allocating and freeing it would take a good part of an
/// estimate's time.
struct Scratch {
  /// Numbers, uninitialized.
  let numbers: UnsafeMutablePointer<Int>

  /// Memory for at least `count` numbers, until `giveBack`.
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

  /// Leaves the memory to the next estimate; numbers need no deinitialization.
  func giveBack() {
    Idle.shared.room.exchange(numbers - Self.header, ordering: .releasing)?.deallocate()
  }

  /// The word before the numbers holds their capacity.
  private static let header = 1
  private static let least = 4096

  /// The unused memory of one estimate, or none; taking it is exclusive.
  private final class Idle: @unchecked Sendable {
    static let shared = Idle()
    let room = Atomic<UnsafeMutablePointer<Int>?>(nil)
  }
}
