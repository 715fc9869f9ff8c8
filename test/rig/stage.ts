import { afterEach, beforeEach } from '@jest/globals';
import { startModelServer, type ModelServer } from './model-server.js';
import { createWorkspace, type Workspace } from './program.js';

/** What a test through the real program plays on: a folder of its own with the recipes, and a model server. */
export interface Stage {
  readonly workspace: Workspace;
  readonly server: ModelServer;
}

/** Sets the stage for every test of the file; read its fields inside tests. */
export function useStage(prepare?: (workspace: Workspace) => Promise<unknown>): Stage {
  let workspace: Workspace;
  let server: ModelServer;
  beforeEach(async () => {
    workspace = await createWorkspace();
    await workspace.copyRecipes();
    await prepare?.(workspace);
    server = await startModelServer();
  });
  afterEach(async () => {
    await server.close();
    await workspace.remove();
  });
  return {
    get workspace() {
      return workspace;
    },
    get server() {
      return server;
    },
  };
}
