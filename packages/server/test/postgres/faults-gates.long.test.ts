import { GATED } from '../faults/records/gate-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('gates', GATED, []);
