/**
 * The default numbers of a recipe's keys and of a run, each defined once. The recipe's schema (and so `dd schema`)
 * and the code that runs it read them here; a test compares the numbers in docs/.
 */
export const DEFAULTS = {
  /** Maximum requests in flight to one model of one endpoint. Data Designer's default. */
  max_parallel_requests: 4,
  /** Seconds until a call times out. */
  timeout: 600,
  /** How often an invalid answer is sent back to the model with its errors. */
  max_conversation_correction_steps: 1,
  /** How often the conversation then starts over. */
  max_conversation_restarts: 2,
  /** Share of cells without a usable answer at which the run stops. */
  shutdown_error_rate: 0.5,
  /** The minimum number of latest cells for that share. */
  shutdown_error_window: 10,
  /** `tool_configs`: how often a model may call tools for one cell. Data Designer's default. */
  max_tool_call_turns: 5,
  /** `tool_configs`: seconds until a call of a tool times out. */
  tool_timeout: 60,
  /** Rows of a preview when no number is given. */
  preview_rows: 10,
  /** Rows of a recipe without a seed when no number is given. Data Designer's default. */
  seedless_rows: 10,
  /** `accept`: how often a row is made until it passes. */
  max_attempts: 1,
  /** `accept`: so many rows in a row without a good one end a run, ten times as many after the first good one. */
  give_up_after: 200,
  /** The seed of every random choice. */
  seed: 0,
  /**
   * `max_tokens` where the protocol requires it (Anthropic). All but the oldest models accept this value:
   * https://platform.claude.com/docs/en/about-claude/models/overview
   */
  max_tokens: 8192,
} as const;
