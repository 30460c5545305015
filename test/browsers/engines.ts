/** All browsers that the tests know. Those that are missing are passed over, with a line that says why. */
import { chromium } from './chromium.js';
import { firefox } from './firefox.js';
import type { Kind } from './tab.js';
import { webkit } from './webkit.js';

export const engines: readonly Kind[] = [chromium, firefox, webkit];
