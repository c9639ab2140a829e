/// A schedule under change, and the bytes alive at the node that runs.
///
/// Source: openxla/xla, xla/hlo/transforms/simplifiers/hlo_rematerialization.cc, `InstructionList` and
/// `MemoryUsageTracker`.
struct MemoryTracker {
  /// A node of the changed schedule.
  struct Item {
    /// The node of the graph that it is, or repeats.
    var origin: Int
    var role: ScheduledGraph.Role
    var shape: Int
    var operands: [Int]
    var users: [Int] = []
    var predecessors: [Int] = []
    var successors: [Int] = []
    /// Buffers that it defines, that its run keeps alive until then, and that its output consists of.
    var defined: [Int] = []
    var used: [Int] = []
    var output: [Int] = []
    /// Whether it has run.
    var isPlaced = false
    /// Whether it may not be changed (again).
    var isDenied = false
    var isRepeatable: Bool
    /// Whether it is large enough to be considered.
    var isCandidate = false
    /// Place in the schedule, which clones share with the node that they precede; and its neighbours.
    var position = 0
    var next: Int?
    var previous: Int?
    var isListed = false
  }

  /// A read of a buffer: by which item, through which of its operands, as which element of the definer's output.
  struct Read {
    var item: Int
    var operand: Int
    var element: Int?
  }

  struct Buffer {
    var item: Int
    var bytes: Int
    var compactBytes: Int
    var shape: Int
    /// Whether it is a result of the program.
    var isResult: Bool
    /// Whether something other than a name passes it on, such as a tuple.
    var isIndirect: Bool
    /// Its place in the definer's output.
    var path: [Int]
    var reads: [Read]
    /// Items that have yet to read it.
    var left: Int
  }

  var items: [Item]
  var buffers: [Buffer] = []
  private(set) var usage = 0
  private(set) var first: Int?
  private let graph: ScheduledGraph

  init(_ graph: ScheduledGraph, _ order: [Int], smallest: Int) {
    self.graph = graph
    items = graph.nodes.indices.map { index in
      let node = graph.nodes[index]
      return Item(
        origin: index, role: node.role, shape: node.shape, operands: node.operands, users: graph.users[index],
        predecessors: node.predecessors, successors: graph.successors[index], isRepeatable: node.isRepeatable)
    }
    first = order.first
    for (position, node) in order.enumerated() {
      items[node].position = position
      items[node].isListed = true
      items[node].previous = position > 0 ? order[position - 1] : nil
      items[node].next = position + 1 < order.count ? order[position + 1] : nil
    }
    makeBuffers(order)
    for item in items.indices { items[item].isCandidate = allocated(item) >= smallest }
  }

  private mutating func makeBuffers(_ order: [Int]) {
    let results = graph.results
    var carriers = [[(node: Int, isWhole: Bool)]](repeating: [], count: graph.values.count)
    for node in order {
      for (place, value) in graph.nodes[node].carried.enumerated() {
        carriers[value].append((node, place == 0))
      }
    }
    var number = [Int?](repeating: nil, count: graph.values.count)
    for node in order {
      for value in graph.nodes[node].defined {
        let own = graph.values[value]
        var buffer = Buffer(
          item: node, bytes: own.bytes, compactBytes: own.compactBytes, shape: own.shape,
          isResult: results.contains(value), isIndirect: false, path: own.path, reads: [], left: 0)
        for (carrier, isWhole) in carriers[value] {
          for user in items[carrier].users {
            if case .element = items[user].role, !isWhole { continue }
            if carrier != node, !items[carrier].role.isName { buffer.isIndirect = true }
            for (place, operand) in items[user].operands.enumerated() where operand == carrier {
              buffer.reads.append(Read(item: user, operand: place, element: own.path.count == 1 ? own.path[0] : nil))
            }
          }
        }
        let readers = Set(buffer.reads.map(\.item))
        buffer.left = readers.count
        number[value] = buffers.count
        items[node].defined.append(buffers.count)
        for reader in readers { items[reader].used.append(buffers.count) }
        buffers.append(buffer)
      }
    }
    for node in order {
      var seen = Set<Int>()
      items[node].output = graph.nodes[node].carried.compactMap { number[$0] }.filter { seen.insert($0).inserted }
    }
  }

  // MARK: - The walk

  /// Bytes that a buffer needs.
  func bytes(_ buffer: Int) -> Int {
    buffers[buffer].isResult || items[buffers[buffer].item].role == .parameter ? 0 : buffers[buffer].bytes
  }

  /// Bytes that an item allocates.
  func allocated(_ item: Int) -> Int { items[item].defined.reduce(0) { $0 + bytes($1) } }

  /// An item begins to run.
  mutating func begin(_ item: Int) {
    items[item].isPlaced = true
    usage += allocated(item)
  }

  /// An item has run.
  mutating func end(_ item: Int) {
    for buffer in items[item].used {
      buffers[buffer].left -= 1
      if buffers[buffer].left == 0 { usage -= bytes(buffer) }
    }
    for buffer in items[item].defined where buffers[buffer].left == 0 { usage -= bytes(buffer) }
  }

  private func isLive(_ buffer: Int) -> Bool { items[buffers[buffer].item].isPlaced && buffers[buffer].left > 0 }

  // MARK: - What a change would save

  /// Bytes that are free at `current` if `node` runs again later; 0 or less if nothing is gained, or it cannot be.
  func savedByRepeating(_ node: Int, at current: Int) -> Int {
    var saved = 0
    for buffer in items[node].defined {
      let own = buffers[buffer]
      if own.isIndirect || own.isResult || own.path.count > 1 || items[current].used.contains(buffer) { return 0 }
      if isLive(buffer) { saved += bytes(buffer) }
    }
    for buffer in items[node].used where !isLive(buffer) { saved -= bytes(buffer) }
    return saved
  }

  /// Bytes that are free at `current` if `node`'s array is kept compact until then; nil if that is impossible.
  func savedByCompressing(_ node: Int, at current: Int, peakBefore: Int) -> (bytes: Int, compact: Int)? {
    let item = items[node]
    guard item.output.count == 1, let buffer = item.output.first else { return nil }
    let own = buffers[buffer]
    let saved = own.bytes - own.compactBytes
    guard saved > 0, own.path.isEmpty, !own.isResult, isLive(buffer), !items[current].used.contains(buffer),
      item.users.contains(where: { !items[$0].isPlaced }), own.bytes + own.compactBytes < peakBefore
    else { return nil }
    return (saved, own.compactBytes)
  }

  /// Whether nothing but names reads an item.
  func isUnread(_ item: Int) -> Bool { items[item].users.allSatisfy { items[$0].role.isName && isUnread($0) } }

  // MARK: - Changes

  /// Adds a repetition of `node` for its readers that have not run; nil if there are none.
  mutating func repeatLater(_ node: Int) -> Int? {
    let reads = items[node].defined.flatMap { buffers[$0].reads }
    guard !reads.allSatisfy({ items[$0.item].isPlaced }) else { return nil }
    let clone = add(copyOf: node, role: items[node].role, shape: items[node].shape, operands: items[node].operands)
    items[clone].predecessors = items[node].predecessors
    for successor in items[node].successors {
      items[clone].successors.append(successor)
      items[successor].predecessors.append(clone)
    }
    for predecessor in items[clone].predecessors { items[predecessor].successors.append(clone) }

    let names = redirect(reads, to: clone)
    count(clone, for: node, names)
    var before = items[clone].users.filter { !names.contains($0) }
    for name in names { before += items[name].users.filter { !names.contains($0) } }
    for operand in items[clone].operands {
      before += items[operand].users.filter { $0 != clone && !items[$0].isPlaced }
    }
    before += items[clone].successors
    before = before.filter { items[$0].isListed }
    insert(clone, before: before)
    for name in names {
      insert(name, before: before)
      items[name].isDenied = true
    }
    return clone
  }

  /// Lets readers that have not run read the clone, through new names where they read an element or another shape.
  private mutating func redirect(_ reads: [Read], to clone: Int) -> [Int] {
    var names: [Int] = []
    var elements: [Int: Int] = [:]
    for read in reads where !items[read.item].isPlaced {
      let old = items[read.item].operands[read.operand]
      guard old != clone else { continue }
      var new = clone
      if let index = read.element, items[clone].shape != items[old].shape {
        if let known = elements[index] {
          new = known
        } else {
          new = add(copyOf: clone, role: .element(index), shape: elementShape(of: clone, index), operands: [clone])
          elements[index] = new
          names.append(new)
        }
      }
      if items[new].shape != items[old].shape {
        new = add(copyOf: new, role: .alias, shape: items[old].shape, operands: [new])
        names.append(new)
      }
      replace(read.operand, of: read.item, by: new)
    }
    return names
  }

  private func elementShape(of clone: Int, _ index: Int) -> Int {
    let origin = graph.nodes[items[clone].origin]
    return origin.defined.first { graph.values[$0].path == [index] }.map { graph.values[$0].shape } ?? -1
  }

  /// Moves the open reads of what `node` defines to its clone, and keeps alive what the clone reads.
  private mutating func count(_ clone: Int, for node: Int, _ names: [Int]) {
    items[clone].used = items[node].used
    for buffer in items[node].used {
      if buffers[buffer].left == 0 { usage += bytes(buffer) }
      buffers[buffer].left += 1
      buffers[buffer].reads += buffers[buffer].reads.filter { $0.item == node }.map {
        Read(item: clone, operand: $0.operand, element: $0.element)
      }
    }
    for buffer in items[node].defined {
      var done: [Read] = [], open: [Read] = []
      for read in buffers[buffer].reads {
        if items[read.item].isPlaced {
          done.append(read)
        } else if !items[read.item].role.isName || names.contains(read.item) {
          open.append(read)
        } else {
          items[read.item].output = []
          items[read.item].used = []
        }
      }
      buffers[buffer].reads = done
      buffers[buffer].left = 0
      usage -= bytes(buffer)
      let made = addBuffer(like: buffer, item: clone, bytes: buffers[buffer].bytes, reads: open)
      items[clone].defined.append(made)
      items[clone].output.append(made)
      for read in open {
        items[read.item].used = items[read.item].used.map { $0 == buffer ? made : $0 }
        items[read.item].output = items[read.item].output.map { $0 == buffer ? made : $0 }
      }
    }
    for name in names {
      let source = items[name].operands[0]
      if case .element(let index) = items[name].role {
        for buffer in items[source].defined {
          if buffers[buffer].path == [index] { items[name].output.append(buffer) }
          if buffers[buffer].path.isEmpty { items[name].used.append(buffer) }
        }
      } else {
        items[name].used = items[source].role.isName ? items[source].output : items[source].defined
        items[name].output = items[name].used
      }
      for buffer in items[name].used {
        buffers[buffer].left += 1
        buffers[buffer].reads.append(Read(item: name, operand: 0, element: nil))
      }
    }
  }

  /// Keeps `node`'s array in `compact` bytes until it is read again.
  mutating func compress(_ node: Int, to compact: Int) {
    let buffer = items[node].output[0]
    let packed = add(copyOf: node, role: .copy, shape: items[node].shape, operands: [node])
    let unpacked = add(copyOf: node, role: .copy, shape: items[node].shape, operands: [packed])
    items[packed].isPlaced = true
    for user in items[node].users where user != packed && !items[user].isPlaced {
      for (place, operand) in items[user].operands.enumerated() where operand == node {
        replace(place, of: user, by: unpacked)
      }
    }
    usage += compact - buffers[buffer].bytes
    let open = buffers[buffer].reads.filter { !items[$0.item].isPlaced }
    buffers[buffer].reads.removeAll { !items[$0.item].isPlaced }
    buffers[buffer].reads.append(Read(item: packed, operand: 0, element: nil))
    buffers[buffer].left = 0
    let small = addBuffer(
      like: buffer, item: packed, bytes: compact, reads: [Read(item: unpacked, operand: 0, element: nil)])
    let large = addBuffer(like: buffer, item: unpacked, bytes: buffers[buffer].bytes, reads: open)
    items[packed].defined = [small]
    items[packed].output = [small]
    items[packed].used = [buffer]
    items[unpacked].defined = [large]
    items[unpacked].output = [large]
    items[unpacked].used = [small]
    for read in open { items[read.item].used = items[read.item].used.map { $0 == buffer ? large : $0 } }
    items[packed].isDenied = true
    items[unpacked].isDenied = true
    insert(unpacked, before: items[unpacked].users)
    if let next = items[node].next { insert(packed, before: [next]) }
  }

  private mutating func add(
    copyOf node: Int, role: ScheduledGraph.Role, shape: Int, operands: [Int]
  ) -> Int {
    let clone = items.count
    items.append(
      Item(
        origin: items[node].origin, role: role, shape: shape, operands: operands,
        isRepeatable: items[node].isRepeatable))
    for operand in Set(operands) { items[operand].users.append(clone) }
    return clone
  }

  private mutating func addBuffer(like buffer: Int, item: Int, bytes: Int, reads: [Read]) -> Int {
    var new = buffers[buffer]
    new.item = item
    new.bytes = bytes
    new.isResult = false
    new.isIndirect = false
    new.reads = reads
    new.left = Set(reads.map(\.item)).count
    buffers.append(new)
    return buffers.count - 1
  }

  private mutating func replace(_ place: Int, of user: Int, by new: Int) {
    let old = items[user].operands[place]
    items[user].operands[place] = new
    if !items[user].operands.contains(old) { items[old].users.removeAll { $0 == user } }
    if !items[new].users.contains(user) { items[new].users.append(user) }
  }

  /// Inserts an item before the first of `others` in the schedule.
  private mutating func insert(_ item: Int, before others: [Int]) {
    guard var place = others.min(by: { items[$0].position < items[$1].position }) else { return }
    // Clones share positions: the first of them, then on to the first of the others.
    while let previous = items[place].previous, items[previous].position == items[place].position { place = previous }
    while !others.contains(place), let next = items[place].next { place = next }
    items[item].position = items[place].position
    items[item].isListed = true
    items[item].isCandidate = true
    items[item].next = place
    items[item].previous = items[place].previous
    if let previous = items[place].previous { items[previous].next = item } else { first = item }
    items[place].previous = item
  }
}
