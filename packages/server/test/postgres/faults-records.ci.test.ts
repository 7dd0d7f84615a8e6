import { CHANGES } from '../faults/records/change-scenarios.ts';
import { LISTS } from '../faults/records/list-scenarios.ts';
import { describeFaults } from './matrix.ts';

describeFaults('lists and changes', [...LISTS, ...CHANGES], []);
