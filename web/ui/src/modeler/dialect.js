/** The `zeebe:` descriptor as our engine reads it. */
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';

/**
 * The published descriptor takes `bindingType="latest"` for granted and leaves it out when writing. Our engine takes
 * `deployment` for granted with forms, so what somebody chose has to be written.
 */
export const dialect = {
  ...zeebe,
  types: zeebe.types.map(type => ({
    ...type,
    ...(type.properties && { properties: type.properties.map(property => property.name === 'bindingType' ? { ...property, default: undefined } : property) }),
  })),
};
