// Draws one of every kind of element in the editor, selects each, opens every menu and list of it.
async () => {
  const modeler = document.querySelector("[data-island=modeler]").modeler;
  const [registry, factory, modeling, selection, menus] =
    ["elementRegistry", "elementFactory", "modeling", "selection", "popupMenu"].map((name) => modeler.get(name));
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const root = modeler.get("canvas").getRootElement();
  const pool = registry.filter((each) => each.type === "bpmn:Participant")[0] ?? root;
  let y = 900;
  const put = (attributes) => modeling.createShape(factory.createShape(attributes), { x: 300, y: (y += 10) }, pool);
  const plain = ["Task", "UserTask", "ServiceTask", "SendTask", "ReceiveTask", "ManualTask", "BusinessRuleTask", "ScriptTask",
    "CallActivity", "SubProcess", "Transaction", "AdHocSubProcess", "ExclusiveGateway", "ParallelGateway", "InclusiveGateway",
    "ComplexGateway", "EventBasedGateway", "DataObjectReference", "DataStoreReference", "TextAnnotation", "Group"];
  const events = {
    StartEvent: ["", "Timer", "Message", "Signal", "Conditional"],
    EndEvent: ["", "Message", "Error", "Escalation", "Signal", "Terminate", "Cancel", "Compensate"],
    IntermediateCatchEvent: ["Timer", "Message", "Signal", "Conditional", "Link"],
    IntermediateThrowEvent: ["", "Message", "Signal", "Escalation", "Link", "Compensate"],
    BoundaryEvent: ["Timer", "Message", "Error", "Escalation", "Signal", "Conditional", "Compensate", "Cancel"],
  };
  const made = plain.map((type) => put({ type: `bpmn:${type}`, ...(/Sub|Transaction/.test(type) && { isExpanded: true }) }));
  const host = made[1];
  for (const [type, kinds] of Object.entries(events)) for (const kind of kinds) {
    const attributes = { type: `bpmn:${type}`, ...(kind && { eventDefinitionType: `bpmn:${kind}EventDefinition` }) };
    made.push(type === "BoundaryEvent"
      ? modeling.createShape(factory.createShape({ ...attributes, host }), { x: host.x, y: host.y }, host, { attach: true })
      : put(attributes));
  }
  for (const kind of ["Timer", "Message", "Escalation", "Signal", "Conditional"]) {
    const attributes = { type: "bpmn:BoundaryEvent", eventDefinitionType: `bpmn:${kind}EventDefinition`, cancelActivity: false, host };
    made.push(modeling.createShape(factory.createShape(attributes), { x: host.x, y: host.y }, host, { attach: true }));
  }
  for (const [type, sequential] of [["MultiInstance", true], ["MultiInstance", false], ["Standard"]]) {
    const task = put({ type: "bpmn:UserTask" });
    const loop = modeler.get("bpmnFactory").create(`bpmn:${type}LoopCharacteristics`, type === "Standard" ? {} : { isSequential: sequential });
    modeling.updateProperties(task, { loopCharacteristics: loop });
    made.push(task);
  }
  const there = registry.filter((each) => ["bpmn:Lane", "bpmn:Participant", "bpmn:SequenceFlow"].includes(each.type) && !each.labelTarget);
  const all = [root, ...made, ...there];
  for (const element of all) {
    selection.select(element);
    await drawn();
    document.querySelectorAll(".bio-properties-panel-add-entry").forEach((button) => button.click());
    await drawn();
    if (element !== root) modeler.get("contextPad").open(element, true);
    for (const menu of ["bpmn-replace", "bpmn-append"]) {
      if (menus.isEmpty(element, menu)) continue;
      menus.open(element, menu, { x: 10, y: 10 });
      await drawn();
      menus.close();
    }
  }
  for (const [target, menu] of [[root, "bpmn-create"], [made.slice(0, 3), "align-elements"]]) {
    menus.open(target, menu, { x: 10, y: 10 });
    await drawn();
    menus.close();
  }
  modeler.get("searchPad").toggle();
  await drawn();
  modeler.get("searchPad").close();
  return { elements: all.length, missing: [...window.__i18nMissing] };
}
