/** The part of the package that is used; it has no types of its own. */
declare module 'fs-native-extensions' {
  /** Takes the lock of the whole file; false when another open file has it. */
  export function tryLock(fd: number): boolean;
  /** Resolves when the lock was taken; a thread of its own waits. */
  export function waitForLock(fd: number): Promise<void>;
  export function unlock(fd: number): void;
}
