import { UPLOADS } from '../faults/records/upload-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('uploads', UPLOADS, []);
