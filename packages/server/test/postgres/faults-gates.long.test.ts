// In the long tier: CI has the faults of uploads.
import { GATED } from '../faults/records/gate-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('gates', GATED, []);
