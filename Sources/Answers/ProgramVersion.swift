/// Version of the program and of its service.
package let programVersion = "0.1.0"
