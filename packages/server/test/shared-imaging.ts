import { createImaging } from '../src/imaging/create-imaging.ts';

/** Decode processes are dear: services of one test file share them. */
export const sharedImaging = createImaging({ timeoutSeconds: 30 });
