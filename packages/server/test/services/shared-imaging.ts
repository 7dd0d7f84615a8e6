import { createImaging } from '../../src/imaging/create-imaging.ts';

/** Decode processes are dear: services of one test file share them. On a busy machine one takes seconds to start. */
export const sharedImaging = createImaging({ timeoutSeconds: 30, maxWaitSeconds: 60 });
