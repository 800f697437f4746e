/* driver.js with the SDK as `import` gives it. */
import { createRequire } from 'node:module';
import Agentiv from '../../sdk/node/index.mjs';

const require = createRequire(import.meta.url);
const place = require.resolve('../../sdk/node');
require.cache[place] = { id: place, filename: place, loaded: true, exports: Agentiv };
require('./driver.js');
