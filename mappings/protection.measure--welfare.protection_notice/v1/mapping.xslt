<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:protection.measure:v1" xmlns="urn:renkei:welfare.protection_notice:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:measure">
    <notice>
      <source><xsl:value-of select="i:source"/></source>
      <xsl:if test="i:addressee_number"><addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number></xsl:if>
      <xsl:if test="i:data_item"><data_item><xsl:value-of select="i:data_item"/></data_item></xsl:if>
      <action><xsl:value-of select="i:action"/></action>
      <version><xsl:value-of select="i:version"/></version>
      <act_number><xsl:value-of select="i:act_number"/></act_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
      <effective_from><xsl:value-of select="i:effective_from"/></effective_from>
    </notice>
  </xsl:template>
</xsl:stylesheet>
