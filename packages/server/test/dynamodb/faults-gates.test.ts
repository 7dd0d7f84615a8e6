import { GATED } from './gate-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('gates', GATED, []);
