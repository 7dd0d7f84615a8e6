import { createImaging } from '../../src/imaging/create-imaging.ts';

/** Shared by the services of one test file, because a decode process takes seconds to start on a busy machine. */
export const sharedImaging = createImaging({ timeoutSeconds: 120, maxWaitSeconds: 120 });
