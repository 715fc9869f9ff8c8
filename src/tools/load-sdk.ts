import { installCommand } from '../core/package-folder.js';
import { err, ok, type Result } from '../core/result.js';
import type { CallError } from '../models/types.js';

/** The parts of the official SDK of the Model Context Protocol, an optional peer that is loaded here alone. */
export interface McpSdk {
  readonly Client: typeof import('@modelcontextprotocol/sdk/client/index.js').Client;
  readonly SSEClientTransport: typeof import('@modelcontextprotocol/sdk/client/sse.js').SSEClientTransport;
  readonly StreamableHTTPClientTransport: typeof import('@modelcontextprotocol/sdk/client/streamableHttp.js').StreamableHTTPClientTransport;
  readonly ReadBuffer: typeof import('@modelcontextprotocol/sdk/shared/stdio.js').ReadBuffer;
  readonly types: typeof import('@modelcontextprotocol/sdk/types.js');
}

export async function loadMcpSdk(): Promise<Result<McpSdk, CallError>> {
  try {
    const [{ Client }, { SSEClientTransport }, { StreamableHTTPClientTransport }, { ReadBuffer }, types] =
      await Promise.all([
        import('@modelcontextprotocol/sdk/client/index.js'),
        import('@modelcontextprotocol/sdk/client/sse.js'),
        import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
        import('@modelcontextprotocol/sdk/shared/stdio.js'),
        import('@modelcontextprotocol/sdk/types.js'),
      ]);
    return ok({ Client, SSEClientTransport, StreamableHTTPClientTransport, ReadBuffer, types });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return err({
      class: 'invalid-request',
      message: 'tools need a package that is not installed',
      hint: installCommand('@modelcontextprotocol/sdk'),
    });
  }
}
