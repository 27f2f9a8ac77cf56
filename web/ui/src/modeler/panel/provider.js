/** Our groups in bpmn-js' properties panel. */
import { groupsOf } from './groups.js';

class OfficeProvider {
  constructor(propertiesPanel, injector) {
    this.injector = injector;
    propertiesPanel.registerProvider(500, this);
  }

  getGroups(element) {
    return groups => [...groups, ...groupsOf(element, this.injector)];
  }
}
OfficeProvider.$inject = ['propertiesPanel', 'injector'];

export default { __init__: ['officeProvider'], officeProvider: ['type', OfficeProvider] };
