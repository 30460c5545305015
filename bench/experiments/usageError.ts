/** Thrown when an experiment is asked for what it does not have; its message says what it has. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
