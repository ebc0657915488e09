<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:welfare.protection_measure:v1" xmlns="urn:renkei:protection.measure:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:measure">
    <measure>
      <source>welfare</source>
      <xsl:if test="i:addressee_number"><addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number></xsl:if>
      <xsl:if test="i:individual_number"><individual_number><xsl:value-of select="i:individual_number"/></individual_number></xsl:if>
      <xsl:if test="i:data_item"><data_item><xsl:value-of select="i:data_item"/></data_item></xsl:if>
      <action><xsl:value-of select="i:action"/></action>
      <reason_class><xsl:value-of select="i:reason_class"/></reason_class>
      <version><xsl:value-of select="i:version"/></version>
      <act_number><xsl:value-of select="i:act_number"/></act_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
      <effective_from><xsl:value-of select="i:effective_from"/></effective_from>
      <xsl:if test="i:ends_on"><ends_on><xsl:value-of select="i:ends_on"/></ends_on></xsl:if>
    </measure>
  </xsl:template>
</xsl:stylesheet>
