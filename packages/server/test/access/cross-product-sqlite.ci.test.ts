import { createSharingService } from '../services/sharing-service.ts';
import { describeCrossProduct } from './cross-product.ts';

describeCrossProduct('on SQLite', false, createSharingService);
